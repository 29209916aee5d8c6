//! Mail decisions: SMTP and JMAP grammar and session state, queue rules, delivery reports.
