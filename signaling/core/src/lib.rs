//! A meeting as a state machine: commands in, events and effects out.
