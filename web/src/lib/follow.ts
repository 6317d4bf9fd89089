// Asks again and again, one question at a time. A page that is not looked at does not ask. Returns a function that ends it.
export function follow(ask: () => Promise<void>, pauseMs: number): () => void {
  let isOver = false;
  let timer = 0;
  const once = async () => {
    if (!document.hidden) await ask();
    if (!isOver) timer = window.setTimeout(() => void once(), pauseMs);
  };
  void once();
  return () => {
    isOver = true;
    window.clearTimeout(timer);
  };
}
