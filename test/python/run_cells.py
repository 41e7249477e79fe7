"""Runs a program written in cells (`# %% title`) as a notebook would, and prints as JSON what each cell showed.

    run_cells.py seed_001.py

One namespace for all cells. A cell shows what it prints, what it hands to `display`, and the value of its last line
where that is an expression. `shell` stands for a line that starts with `!` in a notebook. The first cell that raises ends
the program, as its traceback says.
"""

import ast
import contextlib
import io
import json
import logging
import os
import re
import subprocess
import sys
import traceback

import pandas as pd


def main(path):
    with open(path, encoding="utf-8") as program:
        cells = read_cells(program.read())
    # The SageMaker SDK logs to standard output where it looked for its configuration.
    logging.disable(logging.INFO)
    # One stream for all cells: an object of one cell may keep it and print to it in another.
    printed, displayed = io.StringIO(), []
    namespace = {"__name__": "__main__", "display": displayed.append, "shell": shell}
    with contextlib.redirect_stdout(printed):
        seen = [run_cell(path, cell, namespace, printed, displayed) for cell in cells]
    json.dump([cell for cell in seen if len(cell) > 1], sys.stdout, indent=1)


CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)


def read_cells(text):
    """Title, source and first line of every cell."""
    marks = list(CELL.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return [
        (mark.group(1).strip(), text[mark.end() : end], text.count("\n", 0, mark.end()))
        for mark, end in zip(marks, ends)
    ]


def run_cell(path, cell, namespace, printed, displayed):
    title, source, first_line = cell
    # Blank lines in front keep the line numbers of tracebacks those of the file.
    tree = ast.parse("\n" * first_line + source, path)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, path, "exec"), namespace)
    value = None if last is None else eval(compile(ast.Expression(last.value), path, "eval"), namespace)
    seen = {
        "cell": title,
        "printed": printed.getvalue().splitlines(),
        "displayed": [plain(item) for item in displayed],
        "value": plain(value),
    }
    printed.seek(0)
    printed.truncate()
    displayed.clear()
    return {name: shown for name, shown in seen.items() if shown not in ([], None)}


def shell(command):
    """Prints what the command says; the AWS CLI is the one beside this Python."""
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(
        command, shell=True, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "PATH": path}
    )
    print(done.stdout, end="")


def plain(value):
    """What JSON can hold: a data frame as columns and rows, an object of the SageMaker SDK as what it stands for."""
    if isinstance(value, pd.DataFrame):
        rows = [[plain_cell(cell) for cell in row] for row in value.itertuples(index=False, name=None)]
        return {"columns": list(value.columns), "rows": rows}
    if hasattr(value, "sagemaker_session"):
        members = {
            name: member
            for name, member in vars(value).items()
            if name not in ("sagemaker_session", "response_metadata")
        }
        return {"type": type(value).__name__, **members}
    return value


def plain_cell(value):
    if pd.isna(value):
        return None
    return value.isoformat(timespec="milliseconds") if hasattr(value, "isoformat") else value


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Exception:
        # The SageMaker SDK sets a hook of its own, which tells of errors on standard output.
        traceback.print_exc()
        sys.exit(1)
