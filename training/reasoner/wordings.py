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
    "I need the file {name} with {q} in it",
    "make me {name}: it says {q}",
    "a file {name} that reads {q}",
    "please keep {q} for me as {name}",
    "jot down {q} and store that as {name}",
    "{name} is missing. Write {q} and save it under that name",
    "{q} goes into a new file, {name}",
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
    "{q} belongs at the bottom of {name}; save",
    "put {q} under everything that is there, and save",
    "let {q} be the last thing in {name}, and save",
    "finish {name} with the words {q}, then save",
    "below the last line write {q}. Save",
    "I forgot {q}: add it at the end, save",
    "also {q}, as a last line; save it",
    "end the text with {q} and save it",
    "sign it with {q} at the very end and save",
    "add a line at the bottom of {name} that says {q}; save",
    "one more line for {name}: {q}. Save",
    "note {q} at the bottom of {name} and save it",
    "the list lacks {q}. Put it at the end and save the list",
    "add to {name}, as a last line: {q}. Save it",
    "the closing line is to be {q}; save the file",
    "add the line {q} below and save",
    "we also need {q}; write it under the rest, save",
    "on a line of its own at the end of {name}: {q}. Save",
    "add {q} to my text, last of all, and save",
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
    "all that is in {name} goes; {q} takes its place. Save",
    "throw the old text out and write {q} in its place; save",
    "nothing but {q} shall stand in {name}; save it",
    "I do not want the old text. Write {q} and save",
    "wipe {name}, then type {q} and save",
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
    "I want a folder {name}; use the shell",
    "open no window, just make the folder {name} here by command",
    "a directory {name}, please, from the prompt",
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
    "I need a file {name} that says {q}; use the terminal",
    "by command, put {q} into {name}",
    "{name} shall contain {q}: do it in the shell",
    "let the shell write {q} to {name}",
)
SHELL_TOUCH = (
    "create an empty file {name} in the terminal",
    "make a blank file called {name} from the shell",
    "use touch to create {name}",
    "with a command, create the empty file {name}",
    "an empty {name}, by command",
    "I need {name} without anything in it; use the shell",
    "make {name} from the prompt, it stays empty",
)
SHELL_LIST = (
    "list the files in this folder in the terminal",
    "show the content of the current directory",
    "run ls",
    "use the shell to see which files there are",
    "what files are in here? Use the terminal",
    "which files do I have in this place?",
    "what is in this directory?",
    "let me see the files",
    "what lies in my home?",
    "show me what is here",
    "is there anything in this folder?",
    "names of the files here, please",
)
SHELL_REMOVE = (
    "delete the file {name} in the terminal",
    "remove {name} with a shell command",
    "use rm to get rid of {name}",
    "erase {name} from the command line",
    "I do not need {name} any more; remove it by command",
    "throw {name} away, from the shell",
    "{name} has to go; use the terminal",
    "remove the file {name} and no other",
    "get rid of {name} at the prompt",
    "rm {name}",
    "please delete only {name}, by command",
)
SHELL_COPY = (
    "use cp to make {new} from {old}",
    "make a copy of {old} named {new} with a command",
    "duplicate {old} as {new} in the shell",
    "with the command line, copy the file {old} into {new}",
    "I need {old} twice; the second one is to be called {new}. Use the shell",
    "cp {old} {new}",
    "copy {old} to {new}",
    "copy {old} as {new} from the prompt",
    "a copy of {old} under the name {new}, by command",
    "let {new} be a copy of {old}; use the terminal",
    "keep {old} and make {new} of it, from the shell",
    "{new} shall have what {old} has: copy it by command",
)
SHELL_READ = (
    "show me {name} in the terminal",
    "print the content of {name} with a shell command",
    "what does {name} say? Use the command line",
    "cat {name}",
    "look into the file {name} from the shell",
    "read me {name} from the prompt",
    "let me see what is in {name}, by command",
    "what is written in {name}?",
    "open {name} here in the terminal",
    "type out {name}",
)
SHELL_COUNT = (
    "count the lines of {name} in the terminal",
    "how many lines has {name}? Use a shell command",
    "with wc, count the lines in {name}",
    "number of lines of {name}, please, by command",
    "lines of {name}?",
    "how long is {name}, in lines?",
    "tell me by command how many lines {name} has",
)
SHELL_RENAME = (
    "rename {old} to {new} in the terminal",
    "use mv to change {old} into {new}",
    "with the shell, give {old} the name {new}",
    "move {old} to {new} on the command line",
    "{old} shall be called {new}; use the terminal",
    "change the name of {old} into {new} by command",
    "call {old} {new} from now on, from the prompt",
    "the name {old} is wrong, it must be {new}: use the shell",
    "let {old} be {new} in future, by command",
    "mv {old} {new}",
    "{new} is the better name for {old}; rename it in the shell",
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
