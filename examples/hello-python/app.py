"""A small web service: which instance answers, and the names in its environment."""

import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return f"Hello from Python, instance {os.environ.get('CF_INSTANCE_INDEX')}\n"


@app.get("/env")
def env():
    return "\n".join(sorted(os.environ)) + "\n"
