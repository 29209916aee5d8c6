//! The directory's model and rules: units, people, accounts, addresses, who may do what.
