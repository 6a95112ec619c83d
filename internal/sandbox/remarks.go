package sandbox

// remark is what a professional writes with an action. Either part may be
// missing.
type remark struct{ category, note string }

var processNotes = []remark{
	{"called_patient", "Patiënt gebeld, voelt zich goed. Meting was direct na inspanning."},
	{"called_patient", "Gebeld, geen gehoor. Vanmiddag nog eens proberen."},
	{"called_patient", "Called patient. Slept badly, no chest pain, will measure again tonight."},
	{"called_patient", "Partner gesproken: mevrouw is een weekend weg en meet maandag weer."},
	{"medication_changed", "Furosemide verhoogd naar 2 dd 40 mg in overleg met cardioloog, over 3 dagen gewicht controleren."},
	{"medication_changed", "Prednisonkuur gestart volgens longaanvalplan."},
	{"medication_changed", "Labetalol increased after consulting the gynaecologist; next check tomorrow."},
	{"request_visit", "Afspraak op de poli morgen om 10.30 uur."},
	{"request_visit", "Patient called, visit scheduled for tomorrow."},
	{"request_visit", "Wijkverpleging gevraagd vandaag langs te gaan."},
	{"no_action_needed", "Bekend patroon, past bij eerdere waarden."},
	{"no_action_needed", "Waarde binnen de afgesproken grenzen voor deze patiënt."},
	{"no_action_needed", "Known outlier: cuff too small. New cuff is on its way."},
	{"no_action_needed", ""},
	{"measure_again", "Gevraagd vandaag opnieuw te meten."},
	{"measure_again", "Asked to repeat the measurement after ten minutes' rest."},
	{"technical_problem", "App opnieuw ingesteld, metingen komen weer binnen."},
	{"", "Besproken in het overleg van vanochtend."},
	{"", ""},
}

var escalateNotes = []remark{
	{"consult_specialist", "Saturatie al twee dagen onder 88 %, benauwder dan normaal. Graag beoordelen."},
	{"consult_specialist", "2,4 kg aangekomen in drie dagen, dikke enkels. Diuretica aanpassen?"},
	{"consult_specialist", "RR 168/104 en hoofdpijn, 31 weken. Graag vandaag terugbellen."},
	{"consult_specialist", "Rash and fever since yesterday, third course. Please assess."},
	{"request_visit", "Patiënt maakt zich zorgen en wil een arts spreken."},
	{"", "Graag meekijken."},
}

var reopenNotes = []remark{
	{"", "Per ongeluk verwerkt."},
	{"", "Patiënt belde terug: klachten nemen toch toe."},
	{"", "Reopened: processed by mistake."},
	{"", ""},
}
