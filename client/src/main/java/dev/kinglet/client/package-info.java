/**
 * A client of servers that speak the Open Inference Protocol, version 2: Kinglet's, Triton, OpenVINO Model Server, KServe's
 * runtimes.
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.client;
