"""What properties of several layers draw."""

from hypothesis import strategies as st

from sidecar.model.facts import Facts
from sidecar.model.vocabulary import AgeBand, Basis, ConsentState

facts = st.builds(
    Facts,
    consent=st.sampled_from(ConsentState),
    explicit=st.booleans(),
    by_guardian=st.booleans(),
    objected=st.booleans(),
    restricted=st.booleans(),
    erased=st.booleans(),
    age=st.sampled_from(AgeBand),
    basis=st.sampled_from(Basis),
)
