/**
 * Embeddings of many images: files of them, exact search by cosine similarity, and near duplicates.
 *
 * <pre>{@code
 * try (TrainedModel model = TrainedModel.open(Path.of("birds.onnx"), 2)) {
 *     EmbeddingTable table = Embedder.of(model).embed(ImageSource.of(Predictor.images(Path.of("photos")), decoder), skipped);
 *     table.write(Path.of("photos.npy"));
 *     List<CosineSearch.Neighbor> alike = CosineSearch.of(table).nearest(query, 5);
 * }
 * }</pre>
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.toolkit.embedding;
