// The four functions, the same in the header and in the phone's bottom bar.

import CalendarDays from "@lucide/svelte/icons/calendar-days";
import Mail from "@lucide/svelte/icons/mail";
import Settings from "@lucide/svelte/icons/settings";
import Video from "@lucide/svelte/icons/video";
import type { Area } from "./areas";

export const navigation = [
    { id: "home", href: "/", icon: Video, word: "meetings" },
    { id: "mail", href: "/thu", icon: Mail, word: "mail" },
    { id: "calendar", href: "/lich", icon: CalendarDays, word: "calendar" },
    { id: "admin", href: "/quan-tri", icon: Settings, word: "admin" },
] as const satisfies { id: Area["id"]; href: string; icon: unknown; word: string }[];
