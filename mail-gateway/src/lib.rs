//! Mail's shell: listeners, spool, store, queue, delivery, JMAP over HTTP.
