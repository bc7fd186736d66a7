/* Python for the live cells, beside the page: what never ends there stops nothing here.
   In: first {base, library, imports}, then {source, label} for each cell.
   Out: {state}, {ready}, {fatal} or {result}. */
/* global importScripts, loadPyodide */
"use strict";

let session = null;

async function start({ base, library, imports }) {
  postMessage({ state: "Loading Python …" });
  importScripts(`${base}pyodide.js`);
  const python = await loadPyodide({
    indexURL: base,
    env: { MPLBACKEND: "AGG", UNMASKED_PROGRESS: "off", HOME: "/home/pyodide" },
  });
  postMessage({ state: "Loading NumPy and Matplotlib …" });
  const quiet = { messageCallback: () => {} };
  await python.loadPackage(["numpy", "matplotlib"], quiet);
  postMessage({ state: "Loading the exercises …" });
  const answer = await fetch(library);
  if (!answer.ok) throw new Error(`${library}: ${answer.status}`);
  python.unpackArchive(await answer.arrayBuffer(), "zip", { extractDir: "/course" });
  python.runPython("import sys; sys.path.insert(0, '/course')");
  session = python.pyimport("classroom.live").Session(python.toPy(imports));
}

async function run({ source, label }) {
  const found = session.run(source, label);
  const result = found.toJs({ dict_converter: Object.fromEntries });
  found.destroy();
  return result;
}

onmessage = async ({ data }) => {
  try {
    if (session) {
      postMessage({ result: await run(data) });
    } else {
      await start(data);
      postMessage({ ready: true });
    }
  } catch (error) {
    const text = String(error.message || error).trim().split("\n").pop();
    postMessage({ fatal: text });
  }
};
