export type * from "./protocol";
export type * from "./rest";
