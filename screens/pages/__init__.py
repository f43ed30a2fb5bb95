"""Pages in Chromium that tell their own truth: random ones, hand-made ones and MiniWoB++."""
