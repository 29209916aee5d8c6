import type vi from "../vi/home";

export default {
    title: "Today",
    todayMeetings: "Today's meetings",
    comingMeetings: "Coming",
    next: "Next meeting",
    live: "Live",
    join: "Join",
    joinNamed: "Join: {title}",
    chair: "Chair: {name}",
    room: "Room: {name}",
    none: "No meetings today",
    noneText: "Invitations come by mail; the meetings you are invited to appear here.",
    noneComing: "No meetings in the next seven days.",
    toCalendar: "See the calendar",
    create: "Create a meeting",
    startsIn: "Starts in {minutes} min",
    startsAt: "Starts at {time}",
    started: "Started at {time}",
    failed: "The meetings could not be loaded",
} satisfies Record<keyof typeof vi, string>;
