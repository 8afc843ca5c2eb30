/** Takes the focus while it is there, and gives it back to what had it before. */
export function focused(node: HTMLElement): () => void {
  const before = document.activeElement;
  node.focus();
  return () => {
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  };
}
