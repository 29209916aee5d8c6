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

/**
 * Waits until sound reaches this person's ears. Chromium without a sound card decodes into an
 * AnalyserNode; Firefox runs no audio graph then, but reports the energy of the samples it decoded.
 */
export async function hears(visitor, patience = 25_000) {
  const peak = visitor.browser === 'firefox' ? decodedLevel : analysedLevel;
  await visitor.until('sound', peak, undefined, patience);
}

/** The loudest moment of the next `seconds`. */
export async function loudness(visitor, seconds) {
  const level = visitor.browser === 'firefox' ? decodedLevel : analysedLevel;
  await visitor.evaluate(level); // what was heard before does not count
  const end = Date.now() + seconds * 1000;
  let loudest = 0;
  while (Date.now() < end) loudest = Math.max(loudest, await visitor.evaluate(level));
  return loudest;
}

/**
 * Waits until nothing is heard any more, and that lasts: the hub's word is faster than the sound that
 * still stands in a receiver's buffer.
 */
export async function fallsSilent(visitor, patience = 10_000) {
  const end = Date.now() + patience;
  while ((await loudness(visitor, 1.5)) > 0) {
    if (Date.now() > end) throw new Error(`${visitor.browser}: still hears something`);
  }
}

/** How many lines the picture of the participant `name` has; 0 without one. */
export function pictureHeight(visitor, name) {
  return visitor.evaluate(heightOf, name);
}

/** Waits until that picture has from `least` to `most` lines; how many, and after how many milliseconds. */
export async function pictureBecomes(visitor, name, { least = 0, most = Infinity }, patience) {
  const start = Date.now();
  const found = await visitor.until(
    `${least} to ${most} lines of ${name}, after ${await pictureHeight(visitor, name)}`,
    (wanted) => {
      const tiles = [...document.querySelectorAll('[role=group][data-seat]')].filter((t) => t.textContent.includes(wanted.name));
      const pictures = tiles.flatMap((tile) => [...tile.querySelectorAll('video')]);
      const height = pictures.find((video) => video.dataset.source === 'camera')?.videoHeight ?? 0;
      return height >= wanted.least && height <= (wanted.most ?? Infinity) && { height };
    },
    { name, least, most },
    patience,
  );
  return { lines: found.height, after: Date.now() - start };
}

/** Lines of the screen that is presented, and how many frames of it a second are shown in the next `seconds`. */
export async function screenFrames(visitor, seconds) {
  const [before, start] = [await visitor.evaluate(screenSoFar), Date.now()];
  await new Promise((resume) => setTimeout(resume, seconds * 1000));
  const now = await visitor.evaluate(screenSoFar);
  return { lines: now.lines, rate: ((now.frames - before.frames) * 1000) / (Date.now() - start) };
}

/**
 * The sound that the browser had to make up in the next `seconds`, as shares of all it played, 0 … 1: all of
 * it, and what of it was not mere silence. All 1 when nothing came.
 */
export async function concealed(visitor, seconds) {
  const before = await visitor.evaluate(soundSoFar);
  await new Promise((resume) => setTimeout(resume, seconds * 1000));
  const now = await visitor.evaluate(soundSoFar);
  const sum = { all: 0, madeUp: 0, silent: 0 };
  for (const [id, sound] of Object.entries(now)) {
    for (const part of Object.keys(sum)) sum[part] += sound[part] - (before[id]?.[part] ?? 0);
  }
  if (sum.all === 0) return { share: 1, audible: 1 };
  return { share: sum.madeUp / sum.all, audible: (sum.madeUp - sum.silent) / sum.all };
}

// The functions below run in the page; each must stand alone.

/** Per stream of sound that ever had a packet: samples played, made up, and made up as silence. */
async function soundSoFar() {
  const sounds = {};
  for (const peer of window.peers.filter((p) => p.connectionState !== 'closed')) {
    for (const report of (await peer.getStats()).values()) {
      if (report.type !== 'inbound-rtp' || report.kind !== 'audio' || report.packetsReceived === 0) continue;
      sounds[report.id] = {
        all: report.totalSamplesReceived,
        madeUp: report.concealedSamples,
        silent: report.silentConcealedSamples,
      };
    }
  }
  return sounds;
}

async function screenSoFar() {
  const videos = [...document.querySelectorAll('[role=group][data-seat] video')];
  const video = videos.find((element) => element.dataset.source === 'screen' && element.videoHeight > 0);
  const track = video?.srcObject.getVideoTracks()[0].id;
  let frames = 0;
  for (const peer of window.peers.filter((p) => p.connectionState !== 'closed')) {
    for (const report of (await peer.getStats()).values()) {
      if (report.type === 'inbound-rtp' && report.trackIdentifier === track) frames += report.framesDecoded;
    }
  }
  return { lines: video?.videoHeight ?? 0, frames };
}

function heightOf(name) {
  return (
    [...document.querySelectorAll('[role=group][data-seat]')]
      .filter((tile) => tile.textContent.includes(name))
      .flatMap((tile) => [...tile.querySelectorAll('video')])
      .find((video) => video.dataset.source === 'camera')?.videoHeight ?? 0
  );
}

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

/** The level of what was decoded since the last call, 0 … 1; below a hundredth counts as silence. */
async function decodedLevel() {
  let energy = 0;
  let seconds = 0;
  for (const peer of window.peers.filter((p) => p.connectionState !== 'closed')) {
    for (const report of (await peer.getStats()).values()) {
      if (report.type !== 'inbound-rtp' || report.kind !== 'audio') continue;
      energy += report.totalAudioEnergy ?? 0;
      seconds += report.totalSamplesDuration ?? 0;
    }
  }
  const before = window.heard ?? { energy, seconds };
  window.heard = { energy, seconds };
  const level = Math.sqrt(Math.max(0, energy - before.energy) / Math.max(0.02, seconds - before.seconds));
  return level > 0.01 ? level : 0;
}

/** The loudest sample now playing, 0 … 1; below a hundredth counts as silence. */
function analysedLevel() {
  window.ears ??= { context: new AudioContext(), heard: new Map() };
  const { context, heard } = window.ears;
  void context.resume();
  for (const element of document.querySelectorAll('audio,video')) {
    const stream = element.srcObject;
    if (element.muted || !stream || heard.has(stream.id) || stream.getAudioTracks().length === 0) continue;
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    heard.set(stream.id, analyser);
  }
  let peak = 0;
  for (const analyser of heard.values()) {
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  }
  return peak > 0.01 ? peak : 0;
}
