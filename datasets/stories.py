"""Children's stories from a grammar that knows how probable each one is.

A model's loss can fall no lower than the entropy of what it reads. For text taken
from the world nobody knows that floor; here it is computed. The grammar writes
stories from a seed and gives the exact log-probability of each; `score` reads a text
back and gives the same number, or -inf where the grammar cannot have written it;
`entropy` is the mean of -log p over all stories; and a `Draft`, a story under way, can
be grown node by node, which is how one asks what may come next.

Templates are plain strings:

    [big|small]           a choice; the earlier an option stands, the likelier it is
    {hero:children}       draw an entry of the lexicon `children`, remember it as hero
    {hero}  {hero.their}  write the remembered entry again, plainly or in another form
    {they}  {their}       short for the hero's pronouns
    (an empty line)       a new paragraph: one line end in the story

No story has two derivations. In every choice no option's opening words are a prefix
of another's (`Choice` raises if they are), so each choice is a prefix code, and a
sequence of prefix codes is one too: read from the left, the text settles each choice.
And no choice depends on an earlier one, so the entropies of the choices add up.
"""

import math
import random
import re
from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate, islice
from typing import NamedTuple

SHA256_FIRST_1000 = (  # of the texts of seed 0, joined by line ends
    "6f4571e77216f422edebe5da851995f5cc0a84cf8cf171577223863b0082e03b"
)


class Story(NamedTuple):
    """A story and how probable it is."""
    text: str
    logprob: float  # nats, whole story


# ---- The grammar: every node can write, tell how it may go on, and its entropy -------


class Text:
    """Fixed words."""

    def __init__(self, text: str):
        self.text = text
        self.openings = [text]

    def write(self, rng: random.Random, bound: dict, out: list[str]) -> float:
        """Append the node's words to out; return their log-probability in nats."""
        out.append(self.text)
        return 0.0

    def unfold(self, bound: dict) -> Iterator[tuple]:
        """Yield (words, nats, nodes to come, bound) for every way to take one step."""
        yield self.text, 0.0, (), bound

    def entropy(self) -> float:
        """Mean of -log p, in nats."""
        return 0.0


class Entry(Text):
    """One form of a lexicon entry; all its forms are remembered under a name."""

    def __init__(self, name: str, form: str, forms: dict[str, str]):
        super().__init__(forms[form])
        self.name, self.forms = name, forms

    def write(self, rng, bound, out):
        bound[self.name] = self.forms
        return super().write(rng, bound, out)

    def unfold(self, bound):
        yield self.text, 0.0, (), bound | {self.name: self.forms}


class Recall(Text):
    """One form of the entry remembered under a name."""

    def __init__(self, name: str, form: str):
        super().__init__("")  # opens a choice with nothing known: `Choice` refuses it
        self.name, self.form = name, form

    def write(self, rng, bound, out):
        out.append(bound[self.name][self.form])
        return 0.0

    def unfold(self, bound):
        yield bound[self.name][self.form], 0.0, (), bound


class Sequence:
    """Nodes one after another."""

    def __init__(self, parts: list):
        self.parts = parts
        self.openings = parts[0].openings if parts else [""]

    def write(self, rng, bound, out):
        logprob = 0.0
        for part in self.parts:
            logprob += part.write(rng, bound, out)
        return logprob

    def unfold(self, bound):
        yield "", 0.0, tuple(self.parts), bound

    def entropy(self):
        return math.fsum(part.entropy() for part in self.parts)


class Choice:
    """One of n nodes, weighted 1 / (rank + n/2): the first about thrice the last.

    Raises ValueError if an option's opening words are a prefix of another's.
    """

    def __init__(self, options: list):
        self.options = options
        weights = [1 / (rank + len(options) / 2) for rank in range(1, len(options) + 1)]
        total = math.fsum(weights)  # fsum: `sum` rounds differently since Python 3.12
        self.probs = [weight / total for weight in weights]
        self.logprobs = [math.log(prob) for prob in self.probs]
        self.steps = list(accumulate(self.probs))[:-1]  # so that bisect ends in range
        self.openings = sorted(text for option in options for text in option.openings)
        for short, long in zip(self.openings, self.openings[1:]):
            if long.startswith(short):
                raise ValueError(f"{short!r} opens like {long!r}: reword an option")

    def write(self, rng, bound, out):
        i = bisect(self.steps, rng.random())
        return self.logprobs[i] + self.options[i].write(rng, bound, out)

    def unfold(self, bound):
        for option, logprob in zip(self.options, self.logprobs):
            yield "", logprob, (option,), bound

    def entropy(self):
        return math.fsum(
            p * (option.entropy() - log_p)
            for p, log_p, option in zip(self.probs, self.logprobs, self.options)
        )


# ---- From strings to nodes ----------------------------------------------------------

PRONOUNS = {
    "she": {"they": "she", "them": "her", "their": "her", "They": "She"},
    "he": {"they": "he", "them": "him", "their": "his", "They": "He"},
}


def words(text: str, *more_forms: str) -> list[dict[str, str]]:
    """Lexicon from "teapot/spout, owl/wing": forms "", "a", "A" and those named."""
    lexicon = []
    for item in " ".join(text.split()).split(", "):
        word, *others = item.split("/")
        article = "an" if word[0] in "aeiou" else "a"  # so no unicorn, no honest man
        forms = {"": word, "a": f"{article} {word}", "A": f"{article.title()} {word}"}
        lexicon.append(forms | dict(zip(more_forms, others, strict=True)))
    return lexicon


def people(girls: str, boys: str) -> list[dict[str, str]]:
    """Lexicon of names with pronouns, alternating so that neither gets more weight."""
    pairs = zip(words(girls), words(boys), strict=True)
    return [name | PRONOUNS[p] for pair in pairs for name, p in zip(pair, PRONOUNS)]


def parse_slot(slot: str):
    """Node of "name.form:lexicon"; without a lexicon the slot recalls a name."""
    name, form, lexicon = re.fullmatch(r"(\w*)\.?(\w*):?(\w*)", slot).groups()
    if lexicon:
        return Choice([Entry(name, form, forms) for forms in LEXICONS[lexicon]])
    return Recall("hero", name) if name in PRONOUNS["she"] else Recall(name, form)


def parse_tokens(tokens: Iterator[str]):
    """Node of the template tokens up to the bracket that closes it."""
    options = [[]]
    for token in tokens:
        if token == "]":
            break
        if token == "|":
            options.append([])
        elif token == "[":
            options[-1].append(parse_tokens(tokens))
        else:
            is_slot = token.startswith("{")
            options[-1].append(parse_slot(token[1:-1]) if is_slot else Text(token))
    sequences = [Sequence(parts) for parts in options]
    return Choice(sequences) if len(sequences) > 1 else sequences[0]


def parse(template: str):
    """Node of a template; line ends are spaces, empty lines part paragraphs."""
    paragraphs = template.strip().split("\n\n")
    text = "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    text = re.sub(r" ?\| ?", "|", text)
    return parse_tokens(iter(re.findall(r"\{[^}]*\}|[\[\]|]|[^{}\[\]|]+", text)))


# ---- The words ----------------------------------------------------------------------

LEXICONS = {
    # Who
    "children": people(
        """Mia, Nora, Lily, Ada, Zoe, Ruby, Freya, Clara""",
        """Ben, Leo, Otto, Sam, Hugo, Felix, Arlo, Finn""",
    ),
    "friends": people(
        """Anna, Ivy, Rosa, Luna, Elsa, Mabel""",
        """Jack, Noah, Milo, Ned, Luca, Bruno""",
    ),
    "elders": people(
        "Grandma, Mama, Aunt Bea, Mrs Bell, Aunt Flora, Great-aunt Hilda, Mrs Okoro, "
        "Miss Plum, Granny Lee, Cousin Vi",
        "Grandpa, Papa, Uncle Joe, Mr Finch, Uncle Stan, Great-uncle Bo, Mr Patel, "
        "Mr Lund, Old Tom, Cousin Bert",
    ),
    "animals": words(
        """hedgehog, rabbit, goose, hen, goat, kitten, squirrel, badger, frog,
        puppy, otter, duck"""
    ),
    "beasts": words(
        """elephant, camel, whale, tiger, giraffe, crocodile, penguin, walrus,
        dragon, rhinoceros, octopus, zebra"""
    ),
    "pets": words(
        """rabbit, tortoise, hen, goat, hamster, parrot, kitten, duck, guinea pig,
        frog, pony, mouse"""
    ),
    "pet_names": words(
        """Biscuit, Pickle, Button, Pepper, Mango, Noodle, Professor, Turnip,
        Thunder, Duchess, Waffles, Captain"""
    ),
    "monsters": words(
        "burglar, ghost, pirate, wolf, troll, giant, goblin, ogre, spy"
    ),
    # What
    "things": words(
        """kite, drum, lantern, whistle, mitten, umbrella, teapot, trumpet, puppet,
        notebook, ribbon, blanket"""
    ),
    "breakables": words(
        """teapot/spout, chair/leg, kite/tail, toy boat/mast, clock/hand,
        lamp/shade, umbrella/handle, puppet/nose, cart/wheel, fiddle/neck,
        birdhouse/roof, rocking horse/ear""",
        "part",
    ),
    "clothes": words(
        """coat, jumper, cardigan, scarf, raincoat, shawl, waistcoat, poncho,
        pullover, dressing gown, jacket, cape"""
    ),
    "pots": words(
        """bucket, boot, teapot, flowerpot, hat, saucepan, bathtub, jug,
        wheelbarrow, biscuit tin, basin, watering can"""
    ),
    "lamps": words(
        "lantern, torch, candle, bicycle lamp, night light"
    ),
    "oddments": words(
        """three snails, one odd shoe, a penny, somebody's false teeth, a bent fork,
        an empty jam jar, half a map, a wet glove, a bald tennis ball, the wrong
        key, two acorns, a love letter"""
    ),
    "snacks": words(
        """cheese sandwich, currant bun, apple, jam tart, pear, pancake, oat
        biscuit, banana, muffin, plum, crumpet, honey cake"""
    ),
    "fruits": words(
        """apple, plum, cherry, lemon, ginger, carrot, honey, walnut, blackberry,
        pumpkin, raspberry, coconut"""
    ),
    "bakes": words(
        "cake, pie, loaf, pudding, tart, sponge, crumble, strudel"
    ),
    "crops": words(
        """pumpkin, sunflower, cabbage, marrow, beanstalk, turnip, rosebush, leek,
        thistle, cauliflower, melon, apple tree"""
    ),
    # What kind
    "colours": words(
        """red, blue, green, yellow, striped, orange, purple, silver, spotted, pink,
        golden, white"""
    ),
    "moods": words(
        """sleepy, smug, muddy, hungry, grumpy, cheerful, nervous, puzzled, plump,
        solemn, curious, damp"""
    ),
    "food_kinds": words(
        """squashed, spare, second-best, emergency, warm, large, secret, slightly
        burnt, rather old, birthday, lukewarm, home-made"""
    ),
    "thing_kinds": words(
        """lucky, tiny, second-hand, favourite, folding, enormous, squeaky,
        precious, musical, antique, mysterious, waterproof"""
    ),
    "place_kinds": words(
        """old, new, haunted, crowded, lopsided, draughty, famous, half-built,
        forgotten, noisy, ivy-covered, freshly painted"""
    ),
    "manners": words(
        """softly, kindly, gravely, cheerfully, firmly, politely, gently, brightly,
        calmly, eagerly, hopefully, thoughtfully"""
    ),
    "tones": words(
        """quietly, slowly, at last, proudly, solemnly, sleepily, sternly, with a
        sigh, out loud, without blinking, after a while, with dignity"""
    ),
    # When and where
    "weathers": words(
        """windy, rainy, sunny, foggy, frosty, misty, cloudy, chilly, drizzly,
        breezy, snowy, bright"""
    ),
    "times": words(
        """morning, afternoon, evening, Sunday, lunchtime, Saturday, teatime,
        washing day"""
    ),
    "days": words(
        "Monday, Friday, Saturday, Thursday, Tuesday, Sunday, Wednesday"
    ),
    "mealtimes": words(
        """four o'clock, noon, six o'clock, half past three, ten to five, teatime,
        lunchtime, five o'clock"""
    ),
    "nights": words(
        """midnight, two o'clock, half past ten, eleven o'clock, ten to three,
        bedtime, one o'clock, the darkest hour"""
    ),
    "durations": words(
        """an hour, a week, three days, a whole afternoon, a fortnight, five
        minutes, a month, ten days, half a year, ninety seconds, a whole day, six
        weeks"""
    ),
    "numbers": words(
        "three, two, four, six, five, eleven, seven, nine, ten, twenty"
    ),
    "homes": words(
        """next door, the corner house, up the hill, across the street, number nine,
        the farm, the flat upstairs, the houseboat, behind the church, Mill Lane,
        over the bridge, the yellow house"""
    ),
    "nooks": words(
        """under the bed, behind the door, in the bath, up the chimney, inside the
        piano, on the coat hook, in the cat's basket, behind the curtains, under the
        stairs, in the laundry basket, under the rug, in the biscuit tin"""
    ),
    "corners": words(
        """behind the sofa, inside the wardrobe, among the clean socks, beside the
        bread bin, under the kitchen sink, behind the bookcase, in the umbrella
        stand, on the mantelpiece, in the coal shed, inside a rubber boot, next to
        the mop, under the table"""
    ),
    "spots": words(
        """under a hedge, on a wall, behind a barrel, in a wheelbarrow, on a bench,
        in the long grass, under an upturned boat, on dry leaves, between two
        stones, in a puddle, on the roof, beneath a cabbage"""
    ),
    "places": words(
        """mill, harbour, bridge, market, pond, library, orchard, bakery,
        playground, lighthouse, station, fountain"""
    ),
    "landmarks": words(
        """pear tree, old well, stone wall, signpost, red gate, haystack, cattle
        trough, milestone, telegraph pole, stone lion, rusty tractor, oak tree"""
    ),
    # What is said and done
    "noises": words(
        "crunch/Crunch, munch/Munch, slurp/Slurp, clink/Clink, nibble/Nibble, "
        "chomp/Chomp, rustle/Rustle, gulp/Gulp, crackle/Crackle, smack/Smack",
        "Cap",
    ),
    "lines": words(
        """The king is coming, The moon has been stolen, My horse has the hiccups,
        Winter is here at last, Somebody has eaten the crown, The bridge is made of
        cheese, I am only a poor woodcutter, Never trust an onion, Bring me my other
        trousers, There is a hole in the ship"""
    ),
    "rituals": words(
        """sing to it, read it the newspaper, brush its whiskers, tell it a story,
        wish it luck, hum the same waltz, count its toes, shake its foot, play it a
        tune, tell it the time"""
    ),
    "sights": words(
        """a brass band, a man on stilts, a very high wheel, a pie-eating contest,
        two uncles dressed as a bear, a swing boat, a fire-eater with a cough, a
        helter-skelter, a tent full of mirrors, a coconut shy"""
    ),
    "reactions": words(
        """gasped, giggled, sneezed, blinked, jumped, sat down, stood quite still,
        went pale, hiccuped, nodded twice, coughed, shivered"""
    ),
    "dances": words(
        """dancing, juggling plums, chasing a wasp, riding a broom, being a pirate,
        hopping, wrestling a pillow, rolling an orange, conducting a band, walking
        backwards, being a train, learning to skate"""
    ),
}

# ---- The stories --------------------------------------------------------------------

TITLE = "How {hero:children} and {friend:friends}"

PLOTS = {  # each goes on with the title
    "lost": """
found the {colour:colours} {thing:things}

One {:weathers} {:times} {hero} could not find {their} {:thing_kinds} {colour} {thing}.
It was not {:nooks} or {:corners}. It was a present from {elder:elders}, and {hero}
[loved it more than pudding|took it everywhere|told it all {their} secrets|had taught it
to dance].

{friend} from {:homes} came to help. "Where did you have it last?" {hero} [closed
{their} eyes|pulled {their} ear|frowned at {their} shoes|stood on one leg] and thought.
"At the {:place_kinds} {place:places}," {they} said {:tones}.

By the {place} they found {:oddments}, but no {thing}. Then {friend} {:reactions}.
{.A:moods} {animal:animals} sat {:spots}, and [beside it|under its nose|between its
feet|on its head] was the {colour} {thing}. {hero} bought it back with half of {their}
{:food_kinds} {:snacks}. At bedtime {they} put the {thing} on the
[windowsill|pillow|shelf|chair]. "Stay," {they} told it {:manners}.
""",
    "shy": """
unpacked the {colour:colours} {garment:clothes}

The new child, {friend} from the {:place_kinds} {:places}, sat [by the window|under the
map|next to the fish tank|near the coats] in {friend.their} {colour} {garment} and said
nothing. {hero}, who had once talked to [a gatepost|the moon|an empty chair|two sheep]
for {:durations}, decided to help.

On Monday {they} told {friend} [jokes|a riddle|secrets|the truth] about {.a:moods}
{:beasts}. {friend} {:reactions}. On Tuesday {they} gave {friend.them} {.a:food_kinds}
{:snacks}. {friend} ate it [to the last crumb|in tiny bites|in one gulp|like a mouse].
On Wednesday {they} brought {their} {:thing_kinds} {:things}. Not a word.

On Thursday {.a:moods} {:animals} [walked in|came through the window|fell out of a
cupboard|rolled in] and sat on the [map|piano|spelling tests|register]. "It is only
[lost|hungry|tired|cold]," said {friend} {:manners}, and wrapped it in the {colour}
{garment}. "You can talk!" cried {hero}. "Yes," said {friend} {:tones}. "I was waiting
for [you to breathe|a gap|my turn|the bell]."
""",
    "storm": """
comforted the {colour:colours} {thing:things}

The storm came [over the hill|in from the sea|down the valley|up the river] at
{:nights}. It [rattled the windows|howled in the chimney|banged every gate|threw rain at
the door], and out went the lights. "I am not afraid," said {hero} {:tones}, holding
{their} {:thing_kinds} {colour} {thing}.

{elder:elders} found [a candle|a torch|an old lamp|some matches] {:nooks} and made
shadows on the wall. The best was {.a:moods} {beast:beasts} in {.a:thing_kinds}
{:clothes}. "What does {beast.a} do in a storm?" "It [hums|counts its toes|eats|thinks
of summer]," said {elder} {:manners}, "until the thunder [gets bored|feels silly|goes
home|forgets why it came]." So they did, and shared {.a:food_kinds} {:snacks}.

In the morning [a pair of trousers|a rowing boat|somebody's best hat|the neighbours'
bathtub] turned up at the {:place_kinds} {:places}. {friend} from {:homes} came
[splashing|skipping|running|hopping] by. "Were you frightened?" "No," said {hero}, "but
my {colour} {thing} was, so I [held it|sang to it|stayed awake with it|told it about the
{beast}]."
""",
    "gift": """
unwrapped the {colour:colours} {thing:things}

It was nearly {friend}'s birthday. {hero} had saved pennies in [a sock|an old boot|a jam
jar|the doll's house] for {:durations} and bought {.a:thing_kinds} {colour} {thing} at
the {:place_kinds} {:places}. {They} hid it {:nooks}, but {elder:elders} came by with
[the scissors|a broom|visitors|a hammer]. {They} hid it {:corners}, but {.a:moods}
{:animals} [built a nest in it|fell asleep on it|licked the ribbon|carried it off].

On {:days} {friend} came to tea. "What is that lump under your {:thing_kinds}
{:clothes}?" {friend.they} asked {:manners}. "Only {.a:food_kinds} {:snacks}," said
{hero}, [and hiccuped|going pink|not moving|sitting on it].

{hero} handed it over. {friend} {:reactions}. "Just the {colour} {thing} I wanted! But
my birthday is [tomorrow|next week|next month|in {:numbers} days]." {hero} {:reactions}.
"Wrap it up," said {friend} {:tones}, "and I will be surprised again." So {friend.they}
was: {friend.they} [fell off the chair|fainted into the cake|cried real tears|danced for
{:durations}].
""",
    "mend": """
mended the {colour:colours} {breakable:breakables}

Nobody was looking when {hero}, {:dances} in the [kitchen|hall|parlour|attic], bumped
into {elder:elders}'s {:thing_kinds} {colour} {breakable}. [Crash|Bang|Clonk|Snap]! Off
came the {breakable.part}. {They} thought of hiding it {:nooks}, or of blaming
{.a:moods} {:animals}. Then {they} took it to {friend} from {:homes}, who [understood
glue|owned a hammer|had six brothers|broke something every day].

They tried [jam|porridge|honey|toothpaste], and the {breakable.part} slid off. They
tried [a bootlace|a hair ribbon|fishing line|a sticking plaster], and it fell into
{friend}'s {:thing_kinds} [soup|tea|sock|pocket]. They tried real glue, shared
{.a:food_kinds} {:snacks} and waited for {:durations}. It stayed on, [a little
crooked|pointing at the ceiling|back to front|upside down].

"I broke your {colour} {breakable}," {hero} told {elder} [in one breath|in a small
voice|from behind a chair|through the keyhole]. {elder} {:reactions}. "So did I,"
{elder.they} said {:tones}, "[when I was nine|in the great frost|at my wedding|last
winter]. That {breakable.part} was held on with [jam|string|bubble gum|a cork]."
""",
    "race": """
raced for the {snack:snacks}

According to {hero}, the fastest child was {hero}. According to {friend} from {:homes},
it was {friend}. One {:weathers} {:times} they lined up by the {:landmarks}. "First to
the {:place_kinds} {place:places} wins this {:food_kinds} {snack}," said {elder:elders},
and [blew a whistle|sneezed|dropped a spoon|rang a cowbell].

{hero}, in {their} {:thing_kinds} {colour:colours} {garment:clothes}, led [through the
puddles|over the stile|down the hill|round the duck pond]. {friend} led [past the
bull|between the beehives|through somebody's kitchen|over the vicar]. {hero} trod on
{:oddments}. Then they heard [a cough|a sad squeak|a sniff|a small moan]. {.A:moods}
{animal:animals} was stuck in {.a:thing_kinds} [drainpipe|milk churn|rabbit hole|letter
box]. "[Bother|Bananas|Blast|Oh, fiddlesticks]," said {hero} {:tones}, and they both
stopped.

They pulled, and out it came like [a cork|toothpaste|wet soap|a cannonball]. The
{animal} {:reactions}, ran to the {place}, and got there first. {elder} gave it the
{snack}, and {hero} lent it the {colour} {garment}. "It won," said {friend} {:manners}.
""",
    "bake": """
baked the {fruit:fruits} {bake:bakes}

For {elder:elders}'s birthday {hero} was baking {fruit.a} {bake}. {friend} from {:homes}
read the recipe [upside down|very fast|with a full mouth|from across the room], and
{hero} put in {:numbers} eggs, {:numbers} cups of [flour|salt|sawdust|sand], [a bar of
soap|a bootlace|some glue|one candle] and [pepper|mustard|a sneeze|all the jam] for
luck.

Soon the kitchen smelled of [boots|wet dog|hot pennies|the zoo]. The {fruit} {bake} came
out {colour:colours} and as [flat as a hat|hard as a doorstep|tall as a chimney|heavy as
an anvil]. {friend} tapped it with {.a:thing_kinds} {:things}. It [rang like a
bell|growled|cracked the plate|rolled away]. They gave a slice to {.a:moods} {:animals},
which [buried it|sat on it|walked away backwards|began to cry].

At {:mealtimes} {elder} came home and looked at the {colour} {fruit} {bake} for
{:durations}. "Just what I needed," {elder.they} said {:tones}, and used it to [prop
open the door|calm the tablecloth|reach the shelf|stop a leak]. They shared
{.a:food_kinds} {:snacks}. "[Next time|On {:days}|When we are older|One day]," said
{friend} {:manners}, "we should make a [boat|chair|bridge|wall]."
""",
    "promise": """
looked after {pet_name:pet_names}

"Will you mind {pet_name}, my {:moods} {pet:pets}, for {:durations}?" asked {friend}
{:manners}. "It eats {.a:food_kinds} {snack:snacks} at {hour:mealtimes}, and then you
must {ritual:rituals}." "I promise," said {hero}.

One {:weathers} {:days} the fair came to the {:place_kinds} {:places}. {hero} could
smell [toffee|hot sausages|burnt sugar|fried onions] and hear [drums|screams|a barrel
organ|laughing]. "Come and see {sight:sights}!" called {elder:elders} from the
{:landmarks}. {pet_name} {:reactions}. "I promised," said {hero} {:tones}. At {hour}
{they} cut up the {snack}, and stayed to {ritual}.

{friend} came back with {.a:thing_kinds} {:colours} {:things} for {hero}. "What did you
miss?" "Only {sight}," said {hero}, [yawning|not quite crying|quickly|looking away].
{pet_name} [sneezed on {them}|bit {them}|sat on {their} foot|ate {their} collar], which
is how {pet.a} says [thank you|well done|sorry|good night].
""",
    "noise": """
followed the {colour:colours} {lamp:lamps}

At {:nights} something downstairs went {noise:noises}, {noise}, {noise}. {hero} woke up
{friend} from {:homes}, who was [staying the night|snoring|asleep on the rug|in the top
bunk]. "{monster.A:monsters}," {they} whispered. "{monster.A} would not go {noise},"
said {friend} {:manners}. "More likely {.a:moods} {:beasts}."

{hero} took {their} {:thing_kinds} {colour} {lamp}, and {friend} took {.a:thing_kinds}
{:things}. Down they crept, past [the coats|the clock|a portrait|the cold radiator] and
over the [squeaky|broken|cold|third] stair. {friend} trod on {:oddments}. "You first,"
said {hero} {:tones}.

{hero} held up the {colour} {lamp}. There, {:corners}, sat {elder:elders} in
{.a:thing_kinds} {:colours} [nightshirt|dressing gown|bathrobe|bonnet], eating
{.a:food_kinds} {snack:snacks}. "Oh!" {elder.they} said. "I thought you were
{monster.a}." {elder.They} {:reactions} and cut the {snack} into three. {noise.Cap},
{noise}, {noise}, they all went.
""",
    "play": """
became the {beast:beasts}

The school play was about {mood.a:moods} {beast}. {friend} from {:homes} was the front,
{hero} was the back, and {elder:elders} had made the skin out of {:thing_kinds}
{colour:colours} [curtains|pyjamas|tablecloths|potato sacks]. The back had one line:
"{line:lines}." {hero} said it to {.a:moods} {:animals} {:spots}.

On {:days} the {beast} [galloped|tiptoed|waltzed|fell] on to the stage. Silence.
[Somebody coughed|A chair creaked|The piano waited|A baby burped]. "Say something!"
hissed {friend}. "Has anyone got {.a:food_kinds} {snack:snacks}?" said {hero}
{:manners}. [The baker|A fireman|The mayor|Somebody's granny] began to laugh, and the
{colour} {beast} bowed [at both ends|twice|until it split|the wrong way].

Going home past the {:place_kinds} {:places}, {hero} {:reactions}. "{line}!" {they}
shouted. [A window opened|An owl fell off its branch|A dog barked|Somebody clapped].
"Very good," said {elder} {:tones}, and gave {them} the {snack}.
""",
    "garden": """
watched the {colour:colours} {pot:pots}

Somebody dropped a seed {:corners}, and {hero} planted it in {.a:thing_kinds} {colour}
{pot} by the {:landmarks}. "What will it be?" "Wait," said {elder:elders} {tone:tones}.
{hero} waited {:durations}.

Every {:times} {they} gave it [water|cold tea|rain from a spoon|lemonade] and told it
[the news|a joke|its horoscope|about {.a:beasts}]. {friend} from {:homes} came to look.
"That is {.a:thing_kinds} [button|pebble|bead|raisin]," {friend.they} said {:manners}.
On {:days} {.a:moods} {:animals} dug it up, [sniffed|chewed it|sneezed|tried it on], and
put it back.

Then up came [a green nose|one leaf|two ears of green|something pale]. It was
{crop.a:crops}, as big as [a pony|the bus|six cushions|a bishop], and at the
{:place_kinds} {:places} it won [first prize|second prize|a silver cup|three pounds].
{hero} gave {friend} {.a:food_kinds} {:snacks} and put one seed into the {colour} {pot}.
"Another {crop}?" asked {friend}. "Wait," said {hero} {tone}.
""",
}

GRAMMAR = Sequence(
    [parse(TITLE), Text(" "), Choice([parse(plot) for plot in PLOTS.values()])]
)

# ---- Stories under way --------------------------------------------------------------


class Draft(NamedTuple):
    """The beginning of a story, as one of the derivations that can have written it."""

    text: str = ""  # the words so far, less those that a reader took off
    logprob: float = 0.0  # nats, of all choices so far
    todo: tuple = (GRAMMAR,)  # nodes still to write, the next one first; () at the end
    bound: dict = {}  # entries drawn so far

    def grow(self) -> Iterator["Draft"]:
        """Yield what the draft may be after its next node: a choice gives several."""
        node, *later = self.todo
        for words, nats, nodes, bound in node.unfold(self.bound):
            yield Draft(self.text + words, self.logprob + nats, (*nodes, *later), bound)


def readings(text: str, source=GRAMMAR) -> Iterator[tuple[float, list]]:
    """Yield (nats, parts) of every derivation; a part is (start, end, its node)."""
    drafts = [(Draft(todo=(source,)), [])]
    while drafts:
        draft, parts = drafts.pop()
        if draft.todo:
            for longer in filter(lambda d: text.startswith(d.text), draft.grow()):
                part = (len(draft.text), len(longer.text), draft.todo[0])
                drafts.append((longer, parts + [part] * (part[0] < part[1])))
        elif draft.text == text:
            yield draft.logprob, parts


# ---- What the course calls ----------------------------------------------------------


def iter_stories(seed: int = 0) -> Iterator[Story]:
    """Yield stories without end, the same for a seed for ever.

    Raises ValueError unless seed is an int of at least 0.
    """
    if not isinstance(seed, int) or seed < 0:  # Random(-1) would repeat Random(1)
        raise ValueError(f"seed is {seed!r}, must be an int >= 0: pass for example 0")
    # Only random() is promised to stay the same in later versions of Python.
    rng = random.Random(seed)
    while True:
        out = []
        logprob = GRAMMAR.write(rng, {}, out)
        yield Story("".join(out), logprob)


def write_stories(n: int, seed: int = 0) -> list[Story]:
    """Return the first n stories of a seed.

    Raises ValueError unless n is an int of at least 1, and as `iter_stories` does.
    """
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"n is {n!r}, must be an int >= 1: ask for one story or more")
    return list(islice(iter_stories(seed), n))


def derivations(text: str) -> list[float]:
    """Return the log-probability in nats of every derivation of text, [] if none."""
    return [logprob for logprob, _ in readings(text)]


def story_parts(text: str) -> list[tuple]:
    """Return (start, end, node) for each piece of the text: which node wrote it.

    An Entry was drawn and a Recall repeats it, both under their `name`; a Text is fixed
    words or the option of a choice. Raises ValueError if the grammar cannot write text.
    """
    for _, parts in readings(text):
        return parts
    raise ValueError(f"the grammar cannot write {text[:40]!r}...: pass a whole story")


def score(text: str) -> float:
    """Return log p(text) in nats; -inf if the grammar cannot write it."""
    logprobs = derivations(text)
    if not logprobs:
        return -math.inf
    top = max(logprobs)
    return top + math.log(math.fsum(math.exp(logprob - top) for logprob in logprobs))


def entropy() -> float:
    """Return the mean of -log p over all stories, exactly: nats per story."""
    return GRAMMAR.entropy()
