/** The Open Inference Protocol, version 2: requests, answers and their forms on the wire, for servers and clients alike. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.oip;
