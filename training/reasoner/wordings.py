"""Sentences in which the tasks of lessons are given.

Each family has whole templates of its own besides those that the desk suite opens to training, and
polite frames to put around any of them. What the suite keeps for measuring is not used; a test
compares the two.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

_FRAMES = (
    "{}",
    "{}",
    "{}",
    "{}",
    "{}",
    "Please {}",
    "{}, please",
    "Can you {}?",
    "I want you to {}",
    "Could you {}?",
    "{}.",
    "{}.",
    "Your task: {}",
    "You should {}",
    "Would you {}?",
    "Next, {}",
)

SAVE = (
    "write {q} in the editor, then save it as {name}",
    "type {q}, save as {name}",
    "write {q} and save the document under {name}",
    "enter {q} and store it in {name}",
    "save {q} to the file {name}",
    "create {name} with the text {q}",
    "create a document {name} and type {q} into it",
    "make a new file {name} with {q} in it",
    "produce a file {name} reading {q}",
    "put {q} into a file named {name}",
    "type the following text and save it to {name}: {q}",
    "note {q} in the file {name}",
    "fill an empty document with {q}; its file name is {name}",
    "in the text editor type {q}. Then save under the name {name}",
    "I would like {q} to be stored as {name}",
    "{name} has to be created; it holds the sentence {q}",
    "use the editor to write {q}, and file it as {name}",
    "insert {q} and then save everything to {name}",
    "there should be a file {name} with the line {q}",
    "prepare a document that reads {q}. Name: {name}",
    "the text {q} belongs into {name}",
    "draft {q} and save the draft as {name}",
)
APPEND = (
    "add {q} at the end of {name} and save",
    "append the line {q} to {name}, then save it",
    "the last line of {name} should become {q}; save it",
    "go to the end of the file, type {q} and save",
    "add a new final line to the document: {q}. Save it",
    "insert {q} after the last line, then save the file",
    "write {q} at the end of the text and save {name}",
    "attach {q} to the end of the open document and save it",
    "the open file needs one more line, {q}; add it and save",
    "continue {name} with the line {q} and save",
    "type {q} under the existing text, and save",
)
REWRITE = (
    "replace all the text by {q} and save",
    "remove everything in {name}, type {q} and save it",
    "clear the document, write {q} and save",
    "rewrite {name} so that it says {q}, then save",
    "erase the old text; the new text is {q}. Save the file",
    "the whole content of {name} has to become {q}; save it",
    "select everything, type {q} instead and save",
    "exchange the complete text for {q} and save {name}",
    "make {name} say only {q}, and save it",
    "empty the file, put {q} in and save",
)
SUM = (
    "calculate {a} {op} {b}",
    "compute {a} {op} {b} and report the answer",
    "what do you get for {a} {op} {b}?",
    "work out {a} {op} {b}",
    "{a} {op} {b} = ?",
    "what's {a} {op} {b}?",
    "solve {a} {op} {b}",
    "with the calculator, determine {a} {op} {b}",
    "give me the result of {a} {op} {b}",
    "I need to know {a} {op} {b}",
    "do the sum {a} {op} {b} on the calculator",
    "evaluate {a} {op} {b}",
    "type {a} {op} {b} into the calculator and read the result",
)
SHELL_FOLDER = (
    "make the directory {name} with mkdir",
    "use a shell command to create the folder {name}",
    "in this terminal make a folder called {name}",
    "run the command that creates a directory {name}",
    "from the shell, add a folder named {name}",
    "create directory {name}",
    "type a command that makes the folder {name}",
    "make a folder {name} using the command line",
    "the terminal is open; create a directory named {name}",
    "mkdir {name}",
)
SHELL_FILE = (
    "write {q} to {name} with echo",
    "create the file {name} with the text {q} using the shell",
    "in this terminal, save {q} as {name}",
    "run a command that writes {q} into {name}",
    "from the terminal, make {name} with the content {q}",
    "echo {q} into {name}",
    "redirect the text {q} to a file {name} in the terminal",
    "use the command line to create {name} holding {q}",
    "put the words {q} in {name}, using the terminal",
)
SHELL_TOUCH = (
    "create an empty file {name} in the terminal",
    "make a blank file called {name} from the shell",
    "use touch to create {name}",
    "with a command, create the empty file {name}",
)
SHELL_LIST = (
    "list the files in this folder in the terminal",
    "show the content of the current directory",
    "run ls",
    "use the shell to see which files there are",
)
SHELL_REMOVE = (
    "delete the file {name} in the terminal",
    "remove {name} with a shell command",
    "use rm to get rid of {name}",
    "erase {name} from the command line",
)
SHELL_COPY = (
    "use cp to make {new} from {old}",
    "make a copy of {old} named {new} with a command",
    "duplicate {old} as {new} in the shell",
    "with the command line, copy the file {old} into {new}",
    "I need {old} twice; the second one is to be called {new}. Use the shell",
    "cp {old} {new}",
)
SHELL_READ = (
    "show me {name} in the terminal",
    "print the content of {name} with a shell command",
    "what does {name} say? Use the command line",
    "cat {name}",
    "look into the file {name} from the shell",
)
SHELL_COUNT = (
    "count the lines of {name} in the terminal",
    "how many lines has {name}? Use a shell command",
    "with wc, count the lines in {name}",
    "number of lines of {name}, please, by command",
)
SHELL_RENAME = (
    "rename {old} to {new} in the terminal",
    "use mv to change {old} into {new}",
    "with the shell, give {old} the name {new}",
    "move {old} to {new} on the command line",
)
FOLDER = (
    "create the folder {name}",
    "create a new directory {name}",
    "make a folder {name} in this place",
    "a new folder {name} is needed here",
    "add a directory named {name}",
    "in the file manager, make a folder called {name}",
    "make a directory called {name} in the home folder",
    "new folder: {name}",
    "open a new folder with the name {name}",
    "put a new folder called {name} here",
    "I need a folder named {name}",
    "there should be a folder {name} in this window",
)
RENAME = (
    "rename {old} as {new}",
    "change {old} into {new}",
    "the file {old} gets the name {new}",
    "change the file name {old} to {new}",
    "give {old} another name: {new}",
    "call the file {old} {new} instead",
    "in the file manager, rename {old} to {new}",
    "make {new} out of {old}",
    "{old} needs to be renamed to {new}",
    "turn the name {old} into {new}",
)

OWN = {
    "editor-save": SAVE,
    "editor-append": APPEND,
    "editor-rewrite": REWRITE,
    "calculator": SUM,
    "terminal-folder": SHELL_FOLDER,
    "terminal-file": SHELL_FILE,
    "files-folder": FOLDER,
    "files-rename": RENAME,
}
"""Templates by the name of the desk suite's family."""


def framed(chance: random.Random, sentence: str) -> str:
    """A template's sentence as somebody would say it: polite or not, with a capital or not."""
    text = chance.choice(_FRAMES).format(sentence) if not sentence.endswith("?") else sentence
    return text[0].upper() + text[1:] if chance.random() < 0.85 else text


def quoted(chance: random.Random, text: str) -> str:
    """A text in the quotes that people use, or in none."""
    pairs: Sequence[str] = ("''", "''", '""', '""', "“”", "‘’", "``", "", "", "")
    pair = chance.choice(pairs)
    if not pair:
        return text
    if any(mark in text for mark in pair):
        return f'"{text}"' if '"' not in text and chance.random() < 0.7 else text
    return f"{pair[0]}{text}{pair[1]}"
