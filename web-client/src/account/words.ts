import { dictionary } from "../lib/i18n/index.svelte";
import vi from "../lib/i18n/vi/account";

export const t = dictionary(vi, () => import("../lib/i18n/en/account"));
