"""Actions as calls of pyautogui in text, the way OSWorld and AgentNet keep them: read, never run.

``read_script`` takes the small part of Python that such texts are made of, calls with literal
arguments, and nothing else; ``write_script`` is its inverse.
"""

from deskhand.actions.script.meaning import ScriptReading as ScriptReading
from deskhand.actions.script.meaning import read_script as read_script
from deskhand.actions.script.writing import Written as Written
from deskhand.actions.script.writing import literal as literal
from deskhand.actions.script.writing import write_script as write_script
