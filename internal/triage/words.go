package triage

// Words keeps each of many texts once. What alerts and patients have in common,
// such as the id of their group, comes anew with every row of a listing.
type Words map[string]string

// Share replaces each text by the same one that is kept already.
func Share[T ~string](w Words, texts ...*T) {
	for _, text := range texts {
		kept, ok := w[string(*text)]
		if !ok {
			kept = string(*text)
			w[kept] = kept
		}
		*text = T(kept)
	}
}
