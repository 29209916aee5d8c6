// What buttons and keys do, in one place.

import type { Floor, SeatId } from "../../generated";
import { api } from "../../lib/api";
import { toasts } from "../../ui/toasts.svelte";
import { mustWait } from "../model/floor";
import { own } from "../model/seats";
import type { Visit } from "../visit.svelte";
import { t } from "../words";

export class RoomActs {
    constructor(private readonly visit: Visit) {}

    toggleMicrophone() {
        const on = !this.visit.local.wish.microphone;
        // Without the floor nobody would hear it, and the screen must not pretend otherwise.
        if (on && mustWait(this.visit.state)) return void toasts.show(t("gatedHint"));
        // What the floor switches is not what the person wants to find at the next meeting.
        const lasting = this.visit.state.meeting?.floor !== "called";
        void this.visit.local.switch("microphone", on, lasting);
    }

    toggleCamera() {
        void this.visit.local.switch("camera", !this.visit.local.wish.camera);
    }

    toggleHand() {
        void this.visit.act({ type: "hand", raised: !own(this.visit.state)?.handRaisedAt });
    }

    /** Gives the floor, or with `null` takes it back. */
    call(seat: SeatId | null) {
        void this.visit.act({ type: "call", seat });
    }

    /** The rule of the floor is a fact of the meeting: it is changed where the meeting is planned. */
    setFloor(floor: Floor) {
        const id = this.visit.state.meeting?.id;
        if (id) void api(`/api/meetings/${id}`, { method: "PATCH", body: { floor } }).catch((e: unknown) => toasts.error(e));
    }

    togglePresenting() {
        if (this.visit.local.screen) this.visit.local.stopPresenting();
        else void this.visit.present();
    }
}
