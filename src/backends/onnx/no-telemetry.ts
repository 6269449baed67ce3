/**
 * Switches off the telemetry of ONNX Runtime, which from 1.30 on Linux sends events to its makers and leaves files in the home and the temporary folder.
 * It reads the variable of the process when it is loaded, and a worker thread cannot set that one: the main thread has to import this first.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
