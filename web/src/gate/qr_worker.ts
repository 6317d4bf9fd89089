// Reads QR codes in pictures, where the browser has no BarcodeDetector.
import jsQR from "jsqr";

export interface Picture {
  pixels: Uint8ClampedArray;
  width: number;
  height: number;
}

onmessage = ({ data }: MessageEvent<Picture>) => postMessage(jsQR(data.pixels, data.width, data.height, { inversionAttempts: "dontInvert" })?.data ?? null);
