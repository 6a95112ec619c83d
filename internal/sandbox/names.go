package sandbox

import (
	"math/rand/v2"
	"strings"
)

// fullName is a name in the API's three parts. Dutch prefixes ("van den") are
// the middle part; a partner's name stands before the own one, with a hyphen.
type fullName struct{ first, middle, last string }

// String is the parts that are there, with single spaces.
func (n fullName) String() string {
	return strings.Join(strings.Fields(n.first+" "+n.middle+" "+n.last), " ")
}

// mailbox is the name as people put it into e-mail addresses: "m.vandenberg".
func (n fullName) mailbox() string {
	initial := []rune(n.first)[:1]
	return plainLetters(string(initial)) + "." + plainLetters(n.middle+n.last)
}

var accents = strings.NewReplacer(
	"á", "a", "ç", "c", "é", "e", "ë", "e", "ğ", "g", "ı", "i", "ï", "i", "ł", "l", "ń", "n", "ö", "o", "ş", "s", "ü", "u", "ź", "z", "ż", "z",
)

// plainLetters keeps a to z.
func plainLetters(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, accents.Replace(strings.ToLower(text)))
}

// surname is a family name with its prefix.
type surname struct{ prefix, name string }

// origin is names that go together. Elderly and young Dutch people have
// different first names; the other lists serve all ages.
type origin struct {
	share        int
	women, men   []string
	surnames     []surname
	partnerNames bool // married women may carry both
}

var elderlyDutch = origin{
	women: []string{
		"Adriana", "Alida", "Anna", "Antonia", "Catharina", "Cornelia", "Dirkje", "Elisabeth", "Geertruida", "Gerda", "Grietje", "Hendrika",
		"Hilda", "Jacoba", "Janna", "Johanna", "Klaasje", "Maria", "Neeltje", "Petronella", "Ria", "Sjoukje", "Theodora", "Tine", "Trijntje",
		"Wilhelmina", "Willemijntje", "Wil",
	},
	men: []string{
		"Aart", "Adriaan", "Albertus", "Antonius", "Arie", "Bernardus", "Cornelis", "Dirk", "Gerardus", "Gerrit", "Hendrik", "Henk", "Jacobus",
		"Jan", "Jelle", "Johannes", "Kees", "Klaas", "Leendert", "Marinus", "Martinus", "Nicolaas", "Pieter", "Sietse", "Theo", "Willem", "Wim",
	},
	surnames:     dutchSurnames,
	partnerNames: true,
}

var youngDutch = origin{
	women: []string{
		"Anouk", "Charlotte", "Daphne", "Eline", "Emma", "Eva", "Femke", "Fleur", "Iris", "Isa", "Janneke", "Julia", "Kim", "Laura", "Lieke",
		"Lisa", "Lotte", "Manon", "Marloes", "Naomi", "Noor", "Renske", "Roos", "Sanne", "Sophie", "Tessa", "Zoë",
	},
	men: []string{
		"Bas", "Bram", "Daan", "Dennis", "Erik", "Floris", "Gijs", "Jasper", "Jeroen", "Joost", "Kevin", "Lars", "Luuk", "Maarten", "Marco",
		"Mark", "Martijn", "Niels", "Ruben", "Sander", "Stefan", "Stijn", "Thijs", "Tim", "Tom", "Wouter",
	},
	surnames:     dutchSurnames,
	partnerNames: true,
}

var dutchSurnames = []surname{
	{"", "Bakker"}, {"", "Bos"}, {"", "Brouwer"}, {"", "Dekker"}, {"", "Dijkstra"}, {"", "Hendriks"}, {"", "Hoekstra"}, {"", "Jacobs"},
	{"", "Jansen"}, {"", "Janssen"}, {"", "Koster"}, {"", "Kuipers"}, {"", "Meijer"}, {"", "Mulder"}, {"", "Peters"}, {"", "Postma"},
	{"", "Prins"}, {"", "Schouten"}, {"", "Smit"}, {"", "Smits"}, {"", "Timmermans"}, {"", "Veenstra"}, {"", "Verhoeven"}, {"", "Vermeulen"},
	{"", "Visser"}, {"", "Vos"}, {"", "Willems"}, {"", "Zijlstra"},
	{"de", "Boer"}, {"de", "Bruijn"}, {"de", "Graaf"}, {"de", "Groot"}, {"de", "Haan"}, {"de", "Jong"}, {"de", "Vries"}, {"de", "Wit"},
	{"den", "Hartog"}, {"'t", "Hart"}, {"in 't", "Veld"}, {"op den", "Kamp"}, {"ten", "Brink"}, {"ter", "Horst"}, {"te", "Velde"},
	{"van", "Dam"}, {"van", "Dijk"}, {"van", "Leeuwen"}, {"van", "Loon"}, {"van", "Vliet"}, {"van", "Wijk"},
	{"van de", "Ven"}, {"van de", "Wetering"}, {"van den", "Berg"}, {"van den", "Bosch"}, {"van den", "Broek"}, {"van den", "Heuvel"},
	{"van der", "Heijden"}, {"van der", "Laan"}, {"van der", "Linden"}, {"van der", "Meer"}, {"van der", "Veen"}, {"van der", "Wal"},
	{"van 't", "Hof"}, {"van 't", "Hoff"},
}

// otherOrigins are in percent of all people; the rest is Dutch.
var otherOrigins = []origin{
	{
		share:    4,
		women:    []string{"Aylin", "Ayşe", "Elif", "Emine", "Fatma", "Gülsüm", "Hatice", "Zeynep"},
		men:      []string{"Ahmet", "Ali", "Hasan", "Hüseyin", "İbrahim", "Mehmet", "Mustafa", "Yusuf"},
		surnames: []surname{{"", "Aydın"}, {"", "Çelik"}, {"", "Demir"}, {"", "Kaya"}, {"", "Öztürk"}, {"", "Şahin"}, {"", "Yıldız"}, {"", "Yılmaz"}},
	},
	{
		share:    4,
		women:    []string{"Aicha", "Fatima", "Hanane", "Khadija", "Malika", "Naima", "Samira", "Zohra"},
		men:      []string{"Abdelkader", "Driss", "Hassan", "Karim", "Mohamed", "Omar", "Rachid", "Youssef"},
		surnames: []surname{{"", "Amrani"}, {"", "Azzouzi"}, {"", "Benali"}, {"", "Bouzidi"}, {"El", "Idrissi"}, {"El", "Khattabi"}, {"El", "Mansouri"}, {"", "Ouali"}},
	},
	{
		share:    4,
		women:    []string{"Anjali", "Indra", "Jennifer", "Lilian", "Radha", "Shanti", "Sharon", "Sunita"},
		men:      []string{"Anand", "Clyde", "Glenn", "Henry", "Rabin", "Raoul", "Sewdien", "Winston"},
		surnames: []surname{{"", "Bhagwandin"}, {"", "Pinas"}, {"", "Jagesar"}, {"", "Kartosen"}, {"", "Ramdin"}, {"", "Ramautar"}, {"", "Sewnarain"}, {"", "Wijngaarde"}},
	},
	{
		share:    3,
		women:    []string{"Agnieszka", "Ewa", "Katarzyna", "Małgorzata"},
		men:      []string{"Andrzej", "Krzysztof", "Paweł", "Tomasz"},
		surnames: []surname{{"", "Mazur"}, {"", "Kowalczyk"}, {"", "Nowak"}, {"", "Woźniak"}},
	},
	{
		share:    2,
		women:    []string{"Corry", "Dewi", "Ping", "Mei Ling"},
		men:      []string{"Domingos", "Frans", "Jun", "Wei"},
		surnames: []surname{{"", "Chen"}, {"", "Latuheru"}, {"", "Pattiasina"}, {"", "Wong"}, {"da", "Silva"}, {"", "Sahetapy"}},
	},
}

// inventName makes a name that suits sex and age.
func inventName(rng *rand.Rand, woman bool, age int) fullName {
	from := youngDutch
	if age >= 58 {
		from = elderlyDutch
	}
	draw := rng.IntN(100)
	for _, o := range otherOrigins {
		if draw < o.share {
			from = o
			break
		}
		draw -= o.share
	}

	own := oneOf(rng, from.surnames)
	name := fullName{middle: own.prefix, last: own.name}
	if woman {
		name.first = oneOf(rng, from.women)
		partner := oneOf(rng, from.surnames)
		if from.partnerNames && partner != own && age >= 28 && chance(rng, 0.35) {
			name.middle = partner.prefix
			name.last = partner.name + "-" + strings.TrimSpace(own.prefix+" "+own.name)
		}
	} else {
		name.first = oneOf(rng, from.men)
	}
	return name
}
