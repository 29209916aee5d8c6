//! The service through its real router: sockets over TCP, a store on disk, the rest of the hub played.

mod calendar;
mod client;
mod hub;
mod resilience;
mod room;
mod standard_clients;
