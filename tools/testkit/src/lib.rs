//! Test helpers: a running hub in a temporary directory, small protocol clients.
