// What buttons and keys do, in one place.

import { own } from "../model/seats";
import type { Visit } from "../visit.svelte";

export class RoomActs {
    constructor(private readonly visit: Visit) {}

    toggleMicrophone() {
        void this.visit.local.switch("microphone", !this.visit.local.wish.microphone);
    }

    toggleCamera() {
        void this.visit.local.switch("camera", !this.visit.local.wish.camera);
    }

    toggleHand() {
        void this.visit.act({ type: "hand", raised: !own(this.visit.state)?.handRaisedAt });
    }

    togglePresenting() {
        if (this.visit.local.screen) this.visit.local.stopPresenting();
        else void this.visit.present();
    }
}
