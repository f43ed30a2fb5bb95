"""What can be done at a desk: vocabulary, geometry, keys, dialects, gate, executor.

Knows nothing of screens, sandboxes, policies or runs. ``executor`` and ``keys`` run inside a
sandbox, where only the standard library, pyautogui, mss and Xlib exist; so this file imports nothing.
"""
