//! The media plane's shell: sockets, worker threads, timers.
