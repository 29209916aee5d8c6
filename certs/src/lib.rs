//! The hub's own PKI: development CA and TLS certificates made on the machine.
