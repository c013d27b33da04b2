/**
 * Python's pickles as plain Java values. A pickle is a program; this package follows only its instructions that build data,
 * and refuses every class or function that is not on a list by its name, so that nothing in a file is ever run. Sizes are
 * measured against limits before anything is allocated. {@link dev.kinglet.pickle.Unpickler} reads one; an array in it is a
 * {@link dev.kinglet.pickle.PickledArray}.
 *
 * <pre>{@code
 * Object batch = Unpickler.defaults().read(Files.readAllBytes(Path.of("data_batch_1")));
 * if (batch instanceof Map<?, ?> map && map.get("data") instanceof PickledArray pixels) {
 *     System.out.println(pixels.dtype() + " " + pixels.shape());
 * }
 * }</pre>
 */
package dev.kinglet.pickle;
