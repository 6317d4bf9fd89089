// Reads tickets with the camera: with the browser's BarcodeDetector, or else with a worker.
import workerUrl from "./qr_worker?worker&url";
import type { Picture } from "./qr_worker";

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

const PAUSE_MS = 120;
const SIDE_MAX = 640; // pixels of the picture that the worker reads
const SAME_MS = 3_000; // the same ticket is not read again so soon

type Read = (video: HTMLVideoElement) => Promise<string | null>;

async function native(): Promise<Read | null> {
  const Found = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  if (!Found || !(await Found.getSupportedFormats().catch((): string[] => [])).includes("qr_code")) return null;
  const detector = new Found({ formats: ["qr_code"] });
  return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
}

function byWorker(failed: () => void): { read: Read; stop: () => void } {
  const worker = new Worker(workerUrl, { type: "module" });
  worker.onerror = failed;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const read: Read = (video) => {
    const scale = Math.min(1, SIDE_MAX / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    if (!canvas.width || !canvas.height) return Promise.resolve(null);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => {
      worker.onmessage = (message: MessageEvent<string | null>) => resolve(message.data);
      worker.postMessage({ pixels: data, width, height } satisfies Picture, [data.buffer]);
    });
  };
  return { read, stop: () => worker.terminate() };
}

// Shows the camera in `video` and calls `found` with what codes say; `failed`, when it is taken away or nothing can be read. Rejects
// where there is no camera, or it is not allowed.
export async function startCamera(video: HTMLVideoElement, found: (text: string) => void, failed: () => void): Promise<() => void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  let isOver = false;
  let worker: ReturnType<typeof byWorker> | null = null;
  const stop = () => {
    isOver = true;
    worker?.stop();
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
  let read: Read;
  try {
    stream.getTracks().forEach((track) => (track.onended = failed));
    video.srcObject = stream;
    await video.play();
    const detect = await native();
    if (!detect) worker = byWorker(failed);
    read = detect ?? worker!.read;
  } catch (error) {
    stop();
    throw error;
  }
  let last = { text: "", at: 0 };
  const once = async () => {
    const text = await read(video).catch(() => null);
    if (isOver) return;
    setTimeout(() => void once(), PAUSE_MS);
    const now = performance.now();
    const isNew = text !== last.text || now - last.at > SAME_MS;
    if (text) last = { text, at: now };
    if (text && isNew) found(text);
  };
  void once();
  return stop;
}

export const cameraFiles = [workerUrl]; // to be kept for use without network
