/** Measurements, each beside a peer in the same run. */
@NullMarked
package dev.kinglet.bench;

import org.jspecify.annotations.NullMarked;
