"""python buy_with_client.py URL: buys a seat with the client that openapi-python-client has made from /openapi.json; the package
stagedoor_client is on the path."""
import sys
import uuid

from stagedoor_client import AuthenticatedClient, Client
from stagedoor_client.api.balance import charge_balance
from stagedoor_client.api.catalogue import list_dates, list_events, list_seats
from stagedoor_client.api.payments import get_payment, pay_reservation
from stagedoor_client.api.queue import get_place, join_queue
from stagedoor_client.api.reservations import hold_seats
from stagedoor_client.models import ChargeBody, HoldOneBody, JoinBody, Problem


def main(url):
    anybody = Client(base_url=url)
    events = list_events.sync(client=anybody).data
    me = uuid.uuid4()
    place = join_queue.sync(client=anybody, body=JoinBody(user_id=me, event_id=events[0].id)).data
    fan = AuthenticatedClient(base_url=url, token=place.token.removeprefix('Bearer '))
    while place.status != 'ACTIVATED':
        place = get_place.sync(client=fan).data
    date = list_dates.sync(place.event_id, client=fan).data[0]
    free = next(seat for seat in list_seats.sync(date.id, client=fan).data.seat if seat.status == 'AVAILABLE')
    held = hold_seats.sync(client=fan, body=HoldOneBody(seat_id=free.id, user_id=me)).data
    assert held.status == 'RESERVED' and held.seat_id == free.id, held
    refused = pay_reservation.sync(held.id, client=fan)
    assert isinstance(refused, Problem) and refused.code == 'NOT_ENOUGH_BALANCE', refused
    charged = charge_balance.sync(me, client=fan, body=ChargeBody(amount=held.price)).data
    assert charged.balance == held.price, charged
    paid = pay_reservation.sync(held.id, client=fan).data
    assert paid.status == 'PAID', paid
    payment = get_payment.sync(paid.payment_id, client=fan).data
    assert payment.status == 'PAID' and payment.reservations[0].id == held.id, payment
    print(f'bought seat {held.seat_number} of {payment.reservations[0].event_name}')


main(sys.argv[1])
