package sandbox

import "strconv"

// alertList is the answer to a listing of alerts. Such listings are nearly all
// a sandbox does, so it makes the JSON itself, in a fraction of the time
// encoding/json takes for the same bytes.
type alertList struct {
	meta   cursors
	alerts []wireAlert
}

func (l alertList) json() []byte {
	const perAlert = 720 // bytes, at most
	b := make([]byte, 0, 256+perAlert*len(l.alerts))
	b = appendCursor(append(b, `{"meta":{"nextCursor":`...), l.meta.Next)
	b = appendCursor(append(b, `,"prevCursor":`...), l.meta.Prev)
	b = append(b, `},"data":[`...)
	for i := range l.alerts {
		if i > 0 {
			b = append(b, ',')
		}
		b = l.alerts[i].appendJSON(b)
	}
	return append(b, "]}"...)
}

// appendCursor needs no escapes: cursors are base64.
func appendCursor(b []byte, cursor *string) []byte {
	if cursor == nil {
		return append(b, "null"...)
	}
	return append(append(append(b, '"'), *cursor...), '"')
}

// appendJSON follows the order and tags of wireAlert's fields. The three words
// are plain letters.
func (w *wireAlert) appendJSON(b []byte) []byte {
	b = w.ID.appendJSON(append(b, `{"id":`...))
	b = w.UserID.appendJSON(append(b, `,"userId":`...))
	b = w.GroupID.appendJSON(append(b, `,"groupId":`...))
	b = w.ProtocolID.appendJSON(append(b, `,"protocolId":`...))
	b = w.ProgramID.appendJSON(append(b, `,"programId":`...))
	b = w.MeasurementID.appendJSON(append(b, `,"measurementId":`...))
	b = w.InstrumentID.appendJSON(append(b, `,"instrumentId":`...))
	b = strconv.AppendQuote(append(b, `,"type":`...), w.Type)
	b = strconv.AppendQuote(append(b, `,"flag":`...), w.Flag)
	b = strconv.AppendQuote(append(b, `,"status":`...), w.Status)
	b = w.ProcessedAt.appendJSON(append(b, `,"processedAt":`...))
	b = w.ProcessedBy.appendJSON(append(b, `,"processedBy":`...))
	b = w.EscalatedAt.appendJSON(append(b, `,"escalatedAt":`...))
	b = w.EscalatedBy.appendJSON(append(b, `,"escalatedBy":`...))
	b = w.CreatedAt.appendJSON(append(b, `,"createdAt":`...))
	b = w.UpdatedAt.appendJSON(append(b, `,"updatedAt":`...))
	return append(b, '}')
}
