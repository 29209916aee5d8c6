// Loudness of a local microphone, for the lobby's meter and for "you speak while the microphone is off".

let context: AudioContext | null = null;

/** One context for the page: browsers allow only a few. */
export function audioContext(): AudioContext {
    context ??= new AudioContext();
    if (context.state === "suspended") void context.resume().catch(() => {});
    return context;
}

/** Calls `report` about ten times a second with 0…1; returns how to stop. */
export function meter(track: MediaStreamTrack, report: (level: number) => void): () => void {
    const audio = audioContext();
    const source = audio.createMediaStreamSource(new MediaStream([track]));
    const analyser = audio.createAnalyser();
    analyser.fftSize = 1024;
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
        if (audio.state === "suspended") void audio.resume().catch(() => {});
        analyser.getFloatTimeDomainData(samples);
        const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
        // −60 dBFS … −10 dBFS becomes 0 … 1: speech moves the whole meter.
        const decibel = 10 * Math.log10(power + 1e-12);
        report(Math.min(1, Math.max(0, (decibel + 60) / 50)));
    }, 100);
    return () => {
        clearInterval(timer);
        source.disconnect();
    };
}

/** Three soft tones through the chosen loudspeaker, to hear whether it works. */
export async function playTest(route: (element: HTMLMediaElement) => Promise<void>): Promise<void> {
    const audio = audioContext();
    const out = audio.createMediaStreamDestination();
    const gain = audio.createGain();
    gain.gain.value = 0.2;
    gain.connect(out);
    for (const [index, frequency] of [523, 659, 784].entries()) {
        const tone = audio.createOscillator();
        tone.frequency.value = frequency;
        tone.connect(gain);
        tone.start(audio.currentTime + index * 0.35);
        tone.stop(audio.currentTime + index * 0.35 + 0.3);
    }
    const element = new Audio();
    element.srcObject = out.stream;
    await route(element);
    await element.play();
    await new Promise((done) => setTimeout(done, 1300));
    element.srcObject = null;
}
