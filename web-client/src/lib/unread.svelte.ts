// The number beside *Thư* in the header. The mail area writes it; the shell shows it.

export const unread = $state({ mail: 0 });
