"""Pages in Chromium that report their own truth: random ones, hand-made ones and MiniWoB++."""
