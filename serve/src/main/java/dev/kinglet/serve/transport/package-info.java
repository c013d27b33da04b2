/** What the server library lacks below requests: certificates that change, slow clients, timeouts, the access log. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.serve.transport;
