// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DidRegistry} from "../../contracts/DidRegistry.sol";
import {IDidRegistry} from "../../contracts/interfaces/IDidRegistry.sol";
import {IERC1056} from "../../contracts/interfaces/IERC1056.sol";
import {DidRegistryChanges} from "./DidRegistryChanges.sol";
import {Vm, vm} from "./Vm.sol";

/// @title Properties of DidRegistry for any input
contract DidRegistryTest {
    uint256 private constant _KEY = 1;
    uint256 private constant _SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    DidRegistry private _registry;
    address private _identity;

    function setUp() external {
        _registry = new DidRegistry();
        _identity = vm.addr(_KEY);
    }

    /*//////////////////////////////////////////////////////////////
                                 OWNERS
    //////////////////////////////////////////////////////////////*/

    function testFuzz_UnwrittenIdentityOwnsItself(address identity) external view {
        require(_registry.identityOwner(identity) == identity, "owner");
        require(_registry.owners(identity) == address(0), "stored owner");
        require(_registry.isActive(identity) == (identity != address(0)), "active");
    }

    function testFuzz_OnlyOwnerWrites(address stranger, bytes32 name, bytes calldata value) external {
        vm.assume(stranger != _identity);
        IDidRegistry.Change[] memory changes = new IDidRegistry.Change[](1);
        _refuses(stranger, abi.encodeCall(IERC1056.changeOwner, (_identity, stranger)), _reason("bad_actor"));
        _refuses(stranger, abi.encodeCall(IERC1056.addDelegate, (_identity, name, stranger, 1)), _reason("bad_actor"));
        _refuses(stranger, abi.encodeCall(IERC1056.revokeDelegate, (_identity, name, stranger)), _reason("bad_actor"));
        _refuses(stranger, abi.encodeCall(IERC1056.setAttribute, (_identity, name, value, 1)), _reason("bad_actor"));
        _refuses(stranger, abi.encodeCall(IERC1056.revokeAttribute, (_identity, name, value)), _reason("bad_actor"));
        bytes memory batch = abi.encodeCall(IDidRegistry.applyChanges, (_identity, changes));
        _refuses(stranger, batch, abi.encodeWithSelector(IDidRegistry.NotIdentityOwner.selector, _identity, stranger));
    }

    function testFuzz_DeactivatedIsFinal(address actor, address newOwner, bytes32 name, uint64 validity) external {
        vm.prank(_identity);
        _registry.addDelegate(_identity, name, actor, uint256(validity) + 1);
        require(_registry.validDelegate(_identity, name, actor), "valid before");
        vm.prank(_identity);
        _registry.changeOwner(_identity, address(0));

        require(!_registry.isActive(_identity), "active");
        require(_registry.identityOwner(_identity) == address(0), "owner");
        require(!_registry.validDelegate(_identity, name, actor), "delegate");
        require(!_registry.isAuthorized(_identity, name, actor), "delegate authorized");
        require(!_registry.isAuthorized(_identity, name, _identity), "former owner authorized");
        require(!_registry.isAuthorized(_identity, name, address(0)), "nobody authorized");
        bytes memory data = abi.encodeCall(IERC1056.changeOwner, (_identity, newOwner));
        _refuses(actor, data, _reason("bad_actor"));
        // An eth_call without sender comes from 0x0.
        _refuses(address(0), data, _reason("bad_actor"));
        _refuses(_identity, data, _reason("bad_actor"));
        bytes memory gone = abi.encodeWithSelector(IDidRegistry.IdentityDeactivated.selector, _identity);
        IDidRegistry.Change[] memory changes = new IDidRegistry.Change[](1);
        _refuses(actor, abi.encodeCall(IDidRegistry.applyChanges, (_identity, changes)), gone);
        bytes memory signature = _sign(_registry, block.chainid, _identity, changes, 0, type(uint256).max);
        data = abi.encodeCall(IDidRegistry.applyChangesSigned, (_identity, changes, type(uint256).max, signature));
        _refuses(actor, data, gone);
        data = _changeOwnerSigned(_KEY, _identity, 0, newOwner);
        _refuses(actor, data, _reason("bad_signature"));
    }

    /*//////////////////////////////////////////////////////////////
                               DELEGATES
    //////////////////////////////////////////////////////////////*/

    function testFuzz_DelegateValidUntilValidTo(bytes32 name, address delegate, uint128 validity, uint128 later) external {
        vm.assume(delegate != _identity);
        uint256 validTo = block.timestamp + validity;
        vm.prank(_identity);
        _registry.addDelegate(_identity, name, delegate, validity);
        require(_registry.delegates(_identity, keccak256(abi.encode(name)), delegate) == validTo, "validTo");
        uint256 time = block.timestamp + later;
        vm.warp(time);
        require(_registry.validDelegate(_identity, name, delegate) == (time < validTo), "validDelegate");
        require(_registry.isAuthorized(_identity, name, delegate) == (time < validTo), "isAuthorized");
        require(!_registry.isAuthorized(_identity, ~name, delegate), "other type");
    }

    /*//////////////////////////////////////////////////////////////
                                BATCHES
    //////////////////////////////////////////////////////////////*/

    function testFuzz_BatchEqualsItsSingleCalls(uint256 seed) external {
        IDidRegistry.Change[] memory changes = DidRegistryChanges.randomChanges(seed);
        DidRegistry other = new DidRegistry();
        bool singly = true;
        vm.recordLogs();
        for (uint256 i = 0; i < changes.length && singly; ++i) {
            vm.prank(_identity);
            (singly, ) = address(other).call(DidRegistryChanges.singleCall(_identity, changes[i]));
        }
        Vm.Log[] memory single = vm.getRecordedLogs();
        vm.prank(_identity);
        (bool together, ) = address(_registry).call(abi.encodeCall(IDidRegistry.applyChanges, (_identity, changes)));
        Vm.Log[] memory batch = vm.getRecordedLogs();

        require(together == singly, "one succeeds, the other does not");
        if (!together) return;
        require(batch.length == changes.length && single.length == changes.length, "events");
        for (uint256 i = 0; i < batch.length; ++i) {
            require(batch[i].topics[0] == single[i].topics[0], "event");
            require(batch[i].topics[1] == single[i].topics[1], "identity");
            require(_data(batch[i]) == _data(single[i]), "event data");
        }
        require(_registry.identityOwner(_identity) == other.identityOwner(_identity), "owner");
        for (uint256 i = 0; i < 4; ++i) {
            address delegate = DidRegistryChanges.accountOf(i);
            bytes32 typeHash = keccak256(abi.encode(DidRegistryChanges.STATUS));
            uint256 validTo = other.delegates(_identity, typeHash, delegate);
            require(_registry.delegates(_identity, typeHash, delegate) == validTo, "validTo");
        }
    }

    /*//////////////////////////////////////////////////////////////
                               SIGNATURES
    //////////////////////////////////////////////////////////////*/

    function testFuzz_SignatureWorksOnce(address relayer, uint256 seed, uint128 time) external {
        IDidRegistry.Change[] memory changes = _harmlessChanges(seed);
        bytes memory signature = _sign(_registry, block.chainid, _identity, changes, 0, block.timestamp + time);
        vm.prank(relayer);
        _registry.applyChangesSigned(_identity, changes, block.timestamp + time, signature);
        require(_registry.changesNonce(_identity) == 1, "nonce of the identity");
        require(_registry.nonce(_identity) == 0, "nonce of the signer");
        _refusesSignature(_registry, changes, block.timestamp + time, signature);
    }

    function testFuzz_SignatureWorksOnOneChain(uint64 chain, uint256 seed) external {
        vm.assume(chain != block.chainid && chain != 0);
        IDidRegistry.Change[] memory changes = _harmlessChanges(seed);
        bytes memory signature = _sign(_registry, block.chainid, _identity, changes, 0, type(uint256).max);
        vm.chainId(chain);
        _refusesSignature(_registry, changes, type(uint256).max, signature);
    }

    function testFuzz_SignatureWorksInOneRegistry(uint256 seed) external {
        IDidRegistry.Change[] memory changes = _harmlessChanges(seed);
        bytes memory signature = _sign(_registry, block.chainid, _identity, changes, 0, type(uint256).max);
        _refusesSignature(new DidRegistry(), changes, type(uint256).max, signature);
    }

    function testFuzz_SignatureCoversEveryField(uint256 seed, uint256 field, uint256 position) external {
        IDidRegistry.Change[] memory changes = _harmlessChanges(seed);
        uint256 deadline = block.timestamp + 1000;
        bytes memory signature = _sign(_registry, block.chainid, _identity, changes, 0, deadline);
        IDidRegistry.Change memory change = changes[position % changes.length];
        if (field % 4 == 0) deadline += 1;
        else if (field % 4 == 1) change.name = bytes32(uint256(change.name) ^ 1);
        else if (field % 4 == 2) change.value[0] ^= 0x01;
        else change.validity += 1;
        _refusesSignature(_registry, changes, deadline, signature);
    }

    function testFuzz_SignatureExpires(uint256 seed, uint128 late) external {
        IDidRegistry.Change[] memory changes = _harmlessChanges(seed);
        uint256 deadline = block.timestamp + 10;
        bytes memory signature = _sign(_registry, block.chainid, _identity, changes, 0, deadline);
        bytes memory data = abi.encodeCall(
            IDidRegistry.applyChangesSigned,
            (_identity, changes, deadline, signature)
        );
        vm.warp(deadline + 1 + late);
        _refuses(_identity, data, abi.encodeWithSelector(IDidRegistry.SignatureExpired.selector, deadline));
    }

    function testFuzz_GarbageSignatureIsRefused(address identity, bytes calldata signature, uint8 v) external {
        IDidRegistry.Change[] memory changes = _harmlessChanges(0);
        bytes memory batch = abi.encodeCall(
            IDidRegistry.applyChangesSigned,
            (identity, changes, type(uint256).max, signature)
        );
        bytes memory single = abi.encodeCall(
            IERC1056.changeOwnerSigned,
            (identity, v, keccak256(signature), keccak256(msg.data), address(this))
        );
        (bool success, ) = address(_registry).call(batch);
        require(!success, "batch");
        _refuses(identity, single, _reason("bad_signature"));
    }

    function testFuzz_Erc1056SignatureWorksOnce(address newOwner, address relayer) external {
        vm.assume(newOwner != address(0));
        bytes memory data = _changeOwnerSigned(_KEY, _identity, 0, newOwner);
        vm.prank(relayer);
        (bool success, ) = address(_registry).call(data);
        require(success && _registry.identityOwner(_identity) == newOwner, "owner");
        require(_registry.nonce(_identity) == 1 && _registry.changesNonce(_identity) == 0, "nonces");
        _refuses(relayer, data, _reason("bad_signature"));
    }

    function testFuzz_Erc1056SignatureInOtherFormWorksOnceToo(address relayer) external {
        bytes32 digest = _changeOwnerDigest(_identity, 0, _identity);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_KEY, digest);
        _registry.changeOwnerSigned(_identity, v, r, s, _identity);
        bytes32 otherS = bytes32(_SECP256K1_ORDER - uint256(s));
        bytes memory data = abi.encodeCall(
            IERC1056.changeOwnerSigned,
            (_identity, v == 27 ? 28 : 27, r, otherS, _identity)
        );
        _refuses(relayer, data, _reason("bad_signature"));
    }

    /*//////////////////////////////////////////////////////////////
                               INTERNALS
    //////////////////////////////////////////////////////////////*/

    function _refuses(address caller, bytes memory data, bytes memory expected) private {
        vm.prank(caller);
        (bool success, bytes memory revertData) = address(_registry).call(data);
        require(!success, "went through");
        require(keccak256(revertData) == keccak256(expected), "reverted with another reason");
    }

    function _refusesSignature(
        DidRegistry registry,
        IDidRegistry.Change[] memory changes,
        uint256 deadline,
        bytes memory signature
    ) private {
        vm.expectRevert(abi.encodeWithSelector(IDidRegistry.InvalidSignature.selector, _identity));
        registry.applyChangesSigned(_identity, changes, deadline, signature);
    }

    function _sign(
        DidRegistry registry,
        uint256 chain,
        address identity,
        IDidRegistry.Change[] memory changes,
        uint256 nonce,
        uint256 deadline
    ) private pure returns (bytes memory) {
        bytes32 digest = DidRegistryChanges.changesDigest(registry, chain, identity, changes, nonce, deadline);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_KEY, digest);
        return abi.encodePacked(r, s, v);
    }

    function _changeOwnerDigest(address identity, uint256 nonce, address newOwner) private view returns (bytes32) {
        return
            keccak256(
                abi.encodePacked(hex"1900", address(_registry), nonce, identity, "changeOwner", newOwner)
            );
    }

    function _changeOwnerSigned(
        uint256 key,
        address identity,
        uint256 nonce,
        address newOwner
    ) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _changeOwnerDigest(identity, nonce, newOwner));
        return abi.encodeCall(IERC1056.changeOwnerSigned, (identity, v, r, s, newOwner));
    }

    /// @dev Changes of attributes and delegates alone, all with values of 20 bytes.
    function _harmlessChanges(uint256 seed) private pure returns (IDidRegistry.Change[] memory changes) {
        changes = DidRegistryChanges.randomChanges(seed);
        for (uint256 i = 0; i < changes.length; ++i) {
            if (changes[i].kind == IDidRegistry.ChangeKind.ChangeOwner)
                changes[i].kind = IDidRegistry.ChangeKind.SetAttribute;
        }
    }

    function _data(Vm.Log memory log) private pure returns (bytes32) {
        return DidRegistryChanges.dataWithoutPreviousChange(log);
    }

    function _reason(string memory text) private pure returns (bytes memory) {
        return abi.encodeWithSignature("Error(string)", text);
    }
}
