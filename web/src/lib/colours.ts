// The colours of tokens.css, for what is drawn on a canvas.

// Returns a function from a token's name to its colour in the theme of this moment.
export function coloursAt(element: HTMLElement): (token: string) => string {
  return (token) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${token})`; // resolves system colours, too
    element.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  };
}

// Calls `changed` when the theme is another one. Returns a function that ends this.
export function onTheme(changed: () => void): () => void {
  const themes = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => matchMedia(query));
  themes.forEach((theme) => theme.addEventListener("change", changed));
  return () => themes.forEach((theme) => theme.removeEventListener("change", changed));
}
