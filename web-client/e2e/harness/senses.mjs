// What a person in the meeting sees and hears: pixels and sound, not counters.

/** Waits until the tile of the participant `name` shows a lit picture that changes. */
export async function seesFace(visitor, name, patience = 25_000) {
  const before = await visitor.until(`a lit picture of ${name}`, samplePicture, { name, kind: 'camera' }, patience);
  await visitor.until(`the picture of ${name} to move`, pictureMoved, { name, kind: 'camera', before }, patience);
}

/** Waits until the presented screen of `name` is lit. */
export async function seesScreen(visitor, name, patience = 25_000) {
  await visitor.until(`the screen of ${name}`, samplePicture, { name, kind: 'screen' }, patience);
}

/** Waits until sound reaches this person's ears. */
export async function hears(visitor, patience = 25_000) {
  await visitor.evaluate(openEars);
  await visitor.until('sound', () => window.ears.peak() > 0.01, undefined, patience);
}

/** The loudest sample of the next `ms` milliseconds. */
export async function loudness(visitor, ms) {
  await visitor.evaluate(openEars);
  return visitor.evaluate(
    (time) =>
      new Promise((done) => {
        let peak = 0;
        const end = performance.now() + time;
        const listen = () => {
          peak = Math.max(peak, window.ears.peak());
          if (performance.now() < end) setTimeout(listen, 50);
          else done(peak);
        };
        listen();
      }),
    ms,
  );
}

// The functions below run in the page; each must stand alone.

function samplePicture({ name, kind }) {
  const tiles = [...document.querySelectorAll('[role=group][data-seat]')].filter((t) => t.textContent.includes(name));
  const video = tiles
    .flatMap((tile) => [...tile.querySelectorAll('video')])
    .find((element) => element.dataset.source === kind && element.videoWidth > 0);
  if (!video) return null;
  const canvas = Object.assign(document.createElement('canvas'), { width: 16, height: 9 });
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 16, 9);
  const colours = [...context.getImageData(0, 0, 16, 9).data];
  let light = 0;
  for (let i = 0; i < colours.length; i += 4) light += Math.max(colours[i], colours[i + 1], colours[i + 2]);
  return light / (16 * 9) > 40 ? colours.join() : null;
}

function pictureMoved({ name, kind, before }) {
  const tiles = [...document.querySelectorAll('[role=group][data-seat]')].filter((t) => t.textContent.includes(name));
  const video = tiles
    .flatMap((tile) => [...tile.querySelectorAll('video')])
    .find((element) => element.dataset.source === kind && element.videoWidth > 0);
  if (!video) return false;
  const canvas = Object.assign(document.createElement('canvas'), { width: 16, height: 9 });
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 16, 9);
  const { data } = context.getImageData(0, 0, 16, 9);
  let change = 0;
  before.split(',').forEach((value, i) => (change += Math.abs(Number(value) - data[i])));
  return change / data.length > 0.5;
}

function openEars() {
  if (window.ears) return window.ears.listen();
  const context = new AudioContext();
  const heard = new Map();
  window.ears = {
    /** Listens to every element that plays received sound, also to those added later. */
    listen() {
      for (const element of document.querySelectorAll('audio,video')) {
        const stream = element.srcObject;
        if (element.muted || !stream || heard.has(stream.id) || stream.getAudioTracks().length === 0) continue;
        const analyser = context.createAnalyser();
        context.createMediaStreamSource(stream).connect(analyser);
        heard.set(stream.id, analyser);
      }
    },
    peak() {
      this.listen();
      let peak = 0;
      for (const analyser of heard.values()) {
        const samples = new Float32Array(analyser.fftSize);
        analyser.getFloatTimeDomainData(samples);
        for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
      }
      return peak;
    },
  };
  window.ears.listen();
  // Without a sound card Firefox never settles this promise, yet the graph runs.
  void context.resume();
}
