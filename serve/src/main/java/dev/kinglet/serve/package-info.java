/** Classifiers behind the Open Inference Protocol, over REST and gRPC on one port. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.serve;
