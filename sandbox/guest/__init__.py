"""What runs inside a sandbox, under its own python3, with only pyautogui, mss and Xlib beside it.

The host treats everything that comes from here as data from a stranger.
"""

PROTOCOL = 1
"""Version of the requests between host and guest; both sides refuse another one."""
