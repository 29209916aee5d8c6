//! Meetings' shell: WebSocket sessions, store, REST.
