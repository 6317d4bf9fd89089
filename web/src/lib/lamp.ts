// The lamp above the stage door: on the page, in the tab's icon and title.
import dark from "../img/lamp-dark.svg";
import lit from "../img/lamp-lit.svg";

export function setLamp(isLit: boolean): void {
  document.documentElement.classList.toggle("lit", isLit);
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (icon) icon.href = isLit ? lit : dark;
}

// Two soft notes. Browsers allow sound only after a touch of the page, which asking for it is.
let audio: AudioContext | null = null;
export function allowSound(): void {
  audio ??= new AudioContext();
  void audio.resume();
}
export function playSound(pitches = [660, 880]): void {
  if (!audio) return;
  pitches.forEach((pitch, i) => {
    const tone = audio!.createOscillator();
    const volume = audio!.createGain();
    const at = audio!.currentTime + i * 0.28;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.2, at + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.9);
    tone.connect(volume).connect(audio!.destination);
    tone.start(at);
    tone.stop(at + 1);
  });
}
