//! The directory's shell: store, sign-in, sessions, administration, sample data.
