/**
 * The few things that belong to no one module: files written whole or not at all, printable text from files, nearest
 * names, kinds of file handed over by mistake. Nothing here knows of networks or images. Other modules use it; an
 * application rarely needs more than {@link dev.kinglet.base.AtomicFile} and {@link dev.kinglet.base.LabelFile}.
 *
 * <pre>{@code
 * AtomicFile.write(Path.of("labels.txt"), out -> out.write(labels.getBytes(StandardCharsets.UTF_8)));
 * throw new IllegalArgumentException("no model is called '" + Printable.of(name) + "'" + NearestName.hint(name, names));
 * }</pre>
 */
package dev.kinglet.base;
