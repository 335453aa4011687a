# The program of a Python function's process: loads the handler, then answers invocations one at a time. It speaks with the cloud as a
# child of Node.js does: one JSON object a line, over the socket whose descriptor NODE_CHANNEL_FD names.
import importlib
import json
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback

os.environ.pop("NODE_CHANNEL_SERIALIZATION_MODE", None)
channel = socket.socket(fileno=int(os.environ.pop("NODE_CHANNEL_FD")))
channel.setblocking(True)
requests = queue.Queue()


def send(message):
    channel.sendall(json.dumps(message).encode() + b"\n")


def read():
    rest = b""
    while True:
        try:
            chunk = channel.recv(65536)
        except OSError:
            chunk = b""
        if not chunk:
            # The cloud is gone: what the function started ends with it, and nobody wants an answer.
            os.killpg(os.getpid(), signal.SIGKILL)
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "requestId" in message:
                requests.put(message)


def describe(error, request_id, frames):
    kind = type(error)
    return {
        "errorMessage": str(error),
        "errorType": kind.__name__,
        "requestId": request_id or "",
        "stackTrace": traceback.format_list(frames),
    }


def report(error):
    lines = ["[ERROR] " + error["errorType"] + ": " + error["errorMessage"]]
    if error["stackTrace"]:
        lines += ["Traceback (most recent call last):"]
        lines += "".join(error["stackTrace"]).rstrip("\n").split("\n")
    sys.stdout.write("\r".join(lines) + "\n")
    sys.stdout.flush()


def named(kind, message):
    return {"errorMessage": message, "errorType": kind, "requestId": "", "stackTrace": []}


class Failed(Exception):
    pass


def load():
    name = os.environ["_HANDLER"]
    try:
        module_name, attribute = name.rsplit(".", 1)
    except ValueError:
        raise Failed(named("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)"))
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Failed(named("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"))
    except SyntaxError as error:
        raise Failed(named("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}"))
    handler = getattr(module, attribute, None)
    if handler is None:
        raise Failed(named("Runtime.HandlerNotFound", f"Handler '{attribute}' missing on module '{module_name}'"))
    return handler


class Context:
    """What a handler knows of its invocation: developer guide, "Using the Lambda context object to retrieve Python function information"."""

    def __init__(self, message):
        given = message["context"]
        self.aws_request_id = message["requestId"]
        self.function_name = given["functionName"]
        self.function_version = given["functionVersion"]
        self.invoked_function_arn = given["invokedFunctionArn"]
        self.memory_limit_in_mb = given["memoryLimitInMB"]
        self.log_group_name = given["logGroupName"]
        self.log_stream_name = given["logStreamName"]
        self.identity = None
        self.client_context = json.loads(message["clientContext"]) if "clientContext" in message else None
        self._deadline = time.monotonic() + message["timeoutMs"] / 1000

    def get_remaining_time_in_millis(self):
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, text):
        sys.stdout.write(str(text))


def invoke(handler, message):
    request_id = message["requestId"]
    try:
        result = handler(json.loads(message["payload"]), Context(message))
    except Exception as error:
        described = describe(error, request_id, traceback.extract_tb(error.__traceback__)[1:])
        report(described)
        return send({"type": "failed", "requestId": request_id, "error": described})
    sys.stdout.flush()
    try:
        payload = json.dumps(result)
    except (TypeError, ValueError) as error:
        described = {**named("Runtime.MarshalError", f"Unable to marshal response: {error}"), "requestId": request_id}
        report(described)
        return send({"type": "failed", "requestId": request_id, "error": described})
    send({"type": "done", "requestId": request_id, "payload": payload})


threading.Thread(target=read, daemon=True).start()
sys.stdout.reconfigure(line_buffering=True)
try:
    try:
        handle = load()
    except Failed:
        raise
    except Exception as problem:
        frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if "importlib" not in frame.filename][1:]
        raise Failed(describe(problem, "", frames))
except Failed as failed:
    report(failed.args[0])
    send({"type": "failed", "error": failed.args[0]})
    sys.exit(1)
send({"type": "ready"})
while True:
    invoke(handle, requests.get())
